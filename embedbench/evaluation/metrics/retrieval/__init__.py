"""How well a query finds the gallery rows of its class."""
