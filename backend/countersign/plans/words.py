"""The words of a plan that have a form: codes, paths, dates, pointers to secrets."""

import re
from datetime import date
from typing import Final

_PARENT: Final = re.compile(r"(?:^|/)\.\.(?:/|$)")
_SECRET_NAME: Final = re.compile(
    r"(?:^|[^a-z])(?:api ?keys?|keys?|tokens?|passwords?|passwd|passphrases?|secrets?|credentials?)$",
    re.IGNORECASE,
)
_PLACE_NAME: Final = re.compile(
    r"(?:^|[^a-z])(?:urls?|uris?|path|director(?:y|ies)|folders?|hosts?|ports?|address(?:es)?|endpoints?|ssh)$",
    re.IGNORECASE,
)
POINTER_SCHEMES: Final = ("env", "file", "vault", "docker", "store")
POINTER: Final = rf"^(?:{'|'.join(POINTER_SCHEMES)}):[^\s:][^\s]*$"


def inside_project(path: str) -> str:
    """Return a path, or a pattern of paths, that stays inside the project.

    Raises:
        ValueError: It starts at the root or climbs out.
    """
    if path.startswith("/") or _PARENT.search(path):
        raise ValueError(f"a path must stay inside the project: {path!r}")
    return path


def calendar_date(text: str) -> str:
    """Return a date as it was written, if there is such a day.

    Raises:
        ValueError: There is no such day.
    """
    date.fromisoformat(text)
    return text


def names_a_secret(name: str) -> bool:
    """Say whether a name is that of a secret, so that its value must never stand in a plan."""
    return _SECRET_NAME.search(re.sub(r"[\s_.-]+", " ", name).strip()) is not None


def names_a_place(name: str) -> bool:
    """Say whether a name is that of an address or a path, and so no choice that shapes the work."""
    return _PLACE_NAME.search(re.sub(r"[\s_.-]+", " ", name).strip()) is not None


def is_pointer(text: str) -> bool:
    """Say whether a text points to where a secret lies, instead of being one."""
    return re.match(POINTER, text) is not None


def is_document(path: str) -> bool:
    """Say whether a path is that of a document for people, rather than of code."""
    return path.endswith("/") or path.rpartition(".")[2].lower() in {"md", "rst", "adoc", "pdf"}
