"""Findings: what analysers say about a project, and which of it belongs together."""
