"""How well queries find the documents that were judged relevant for them."""
