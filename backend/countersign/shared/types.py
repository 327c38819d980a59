"""Types that several rooms share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

JSONScalar = str | int | bool | None
JSON = JSONScalar | Sequence["JSON"] | Mapping[str, "JSON"]
