"""The sub-commands, one file each: its help, its arguments and what handles them."""
