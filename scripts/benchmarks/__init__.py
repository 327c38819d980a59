"""Measurements of what the product promises; see ``scripts/bench --help``."""
