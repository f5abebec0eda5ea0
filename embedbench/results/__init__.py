"""One run as a record, many runs as a leaderboard."""
