"""Schema history of the governance room."""
