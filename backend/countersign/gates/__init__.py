"""Gates: what the platform finds out by itself about a proposed change, before a person looks at it."""
