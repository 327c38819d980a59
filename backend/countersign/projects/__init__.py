"""Projects: what is governed, its repository, its environment and how its own tests did at the start."""
