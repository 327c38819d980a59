"""Who asks: a session cookie (with CSRF protection) or a bearer token."""
