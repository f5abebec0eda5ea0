"""Networks from an input to features, each built from the data's spec."""
