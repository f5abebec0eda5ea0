"""Embeddings learned from labels."""
