"""Images: pixels in [0, 1], from files, folders and generators."""
