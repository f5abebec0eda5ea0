"""How well clusters find the classes again."""
