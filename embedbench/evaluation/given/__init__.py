"""Vectors made elsewhere: their files, splits and judgements, and their scores."""
