"""Providers: the agents that propose changes, and the record of every call to one."""
