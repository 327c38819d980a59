"""What must run: jobs with leases and fencing tokens, the truth of the worker plane (DESIGN section 4)."""
