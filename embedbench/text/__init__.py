"""From texts to numbers and back: tokenizers, token ids and weights of words."""
