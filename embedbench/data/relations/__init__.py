"""Rows of which the distances are known."""
