"""One-hot in, vector out: vectors of words, and of documents by their words."""
