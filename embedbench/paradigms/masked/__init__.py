"""Self-supervised embeddings: what is hidden of a row is predicted from the rest."""
