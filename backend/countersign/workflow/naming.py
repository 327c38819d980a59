"""Names of branches and tags: they follow from the work, so that a prompt can tell them beforehand."""

from __future__ import annotations

import re

MAX_SLUG = 50


def slugify(text: str) -> str:
    """Return ``text`` as a slug of small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_SLUG].strip("-") or "change"


def branch_name(phase_code: str, slug: str) -> str:
    """Return the branch of a change, ``feat/<phase>-<slug>``."""
    return f"feat/{phase_code.lower() or 'unplanned'}-{slug}"


def merge_tag(phase_code: str, slug: str, work_item_id: str) -> str:
    """Return the tag that a merge gets."""
    return f"countersign/{phase_code.lower() or 'unplanned'}-{slug}-{work_item_id[:8]}"
