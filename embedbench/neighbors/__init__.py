"""Nearest rows, k-means, graphs and inner indices of clusters: a service below paradigms and evaluation."""
