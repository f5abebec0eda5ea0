"""Vector in, one-hot out: models that sort rows into clusters."""
