"""How much a simple reader gets out of the embedding."""
