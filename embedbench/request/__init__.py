"""What was asked: from the command line to one plain dictionary, checked, and to objects."""
