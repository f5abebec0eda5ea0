"""Other people's files: what their cells mean, read the same from every format."""
