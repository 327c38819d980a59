"""Evidence: artifacts by digest, sealed packs, detached addenda (DESIGN section 6)."""
