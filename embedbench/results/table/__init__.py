"""The table of a leaderboard as plain values: columns, rows and notes, whoever shows it."""
