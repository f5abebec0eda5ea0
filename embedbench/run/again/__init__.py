"""A finished run used again: restored, embedded with, scored once more, drawn."""
