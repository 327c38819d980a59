"""Plans: phases, deliverables, acceptance criteria, work items and the project state document."""
