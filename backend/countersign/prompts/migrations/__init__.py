"""Schema history of the prompts room."""
