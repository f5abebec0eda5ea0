"""W&B sweep files run here: from a file to trials, and trials in warm workers."""
