"""Exported logs: writing one, and checking one (see ``log_checks``)."""

from countersign_verify.tiles import export_tiles

__all__ = ["export_tiles"]
