"""What is bound into the sandbox: small programs that run in there, and its own ``/etc``."""
