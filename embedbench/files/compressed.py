"""What compressed files are called."""

ENDINGS = (".gz", ".bz2", ".xz", ".zip", ".zst")  # of the file's name, in lower case
