"""The sub-commands, one file each: its help, its arguments and its handler."""
