"""The admin console: every model to look at; what changes goes through services."""
