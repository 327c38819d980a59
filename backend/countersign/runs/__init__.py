"""Runs: one work item on its way from a prompt to a merge (DESIGN section 2, steps 4 to 9)."""
