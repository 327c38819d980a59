"""Personas, template versions, and prompts named by their digest."""
