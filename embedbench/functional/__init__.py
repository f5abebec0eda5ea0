"""Pure tensor mathematics: no state, no module, no Lightning."""
