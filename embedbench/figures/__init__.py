"""Pictures of what a model has learned: numpy in, the bytes of a PNG file out."""
