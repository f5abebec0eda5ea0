"""A run's folder: who owns it, what lies in it, and embeddings kept by content."""
