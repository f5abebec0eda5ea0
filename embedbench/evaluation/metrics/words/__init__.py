"""Word vectors judged by what people say of words."""
