"""Approvals: requests, signed decisions, quorum (DESIGN section 9)."""
