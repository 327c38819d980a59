"""`countersign demo`: the main job on a real project, from finding to merge."""
