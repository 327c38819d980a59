"""PostgreSQL and Valkey from Python packages, started and stopped as child processes."""
