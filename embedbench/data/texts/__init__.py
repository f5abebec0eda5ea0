"""Texts: documents and definitions, read by a model's own vocabulary."""
