"""The metric families: one file or one room each, found by looking into this folder."""
