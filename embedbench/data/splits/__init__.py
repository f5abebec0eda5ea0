"""Which rows train, validate and test: stratified, by groups, by time, by class, in folds, or as a file says."""
