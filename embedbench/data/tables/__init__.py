"""Tables and arrays of numbers: which file, which columns, and how cells become numbers."""
