"""Embeddings inferred by a model of how latents make rows: z ~ N(0, I), x|z ~ p(x|g(z))."""
