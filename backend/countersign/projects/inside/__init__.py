"""What is bound into the sandbox and runs in there."""
