"""Spaces and rows to score."""

from spaces import digits, make_space, pair, random_pair, untied_digits

__all__ = ["digits", "make_space", "pair", "random_pair", "untied_digits"]
