"""How the platform calls out: one HTTP client with time-outs and retries."""
