"""The metric families: one file each, found by looking into this folder."""
