"""What data are, at a glance, before anything is trained: kinds of columns, folders and arrays."""
