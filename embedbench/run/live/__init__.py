"""The embedding watched while it is learned."""
