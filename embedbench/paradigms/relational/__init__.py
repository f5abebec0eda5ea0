"""Embeddings whose distances mirror relations among rows: distances, neighbours, views of one row."""
