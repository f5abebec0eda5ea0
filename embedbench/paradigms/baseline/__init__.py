"""The floor and the ceiling of a table: nothing is learned here."""
