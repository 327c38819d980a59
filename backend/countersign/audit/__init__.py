"""The tamper-evident, append-only audit log (DESIGN section 5)."""
