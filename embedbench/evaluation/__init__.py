"""Scores embeddings, given as arrays: spaces, their neighbours, metric families, the suite that runs them."""
