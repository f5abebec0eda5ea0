"""Linear models and the plain auto-encoder, which others are measured against."""
