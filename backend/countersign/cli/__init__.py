"""The `countersign` command: starts the platform, looks after it, and drives it from CI."""
