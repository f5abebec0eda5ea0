"""What a run is at, told by the work and shown on the screen. Light."""
