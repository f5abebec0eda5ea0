"""Data sets: rows in, fixed splits of float32 tensors out; one file a source."""
