"""Tables: rows and named columns, by one door for every format."""
