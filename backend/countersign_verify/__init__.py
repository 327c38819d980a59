"""Offline verification of Countersign evidence packs and audit logs.

Pure functions and file readers only: no Django, no database, no network. The platform builds its
packs, statements and logs with the very functions that check them here, so each encoding is
written down once.
"""

__version__ = "1.0.0"
