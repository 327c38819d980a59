"""What every room may use: actor, errors, correlation, clock, environment, keys, storage."""
