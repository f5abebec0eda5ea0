"""Ways to learn an embedding, one file each; found by their YAML in ``conf/model``."""
