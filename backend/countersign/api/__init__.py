"""REST: one module per noun (DESIGN section 10)."""
