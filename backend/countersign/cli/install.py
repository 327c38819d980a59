"""``python -m countersign.cli.install``: bring the shipped rules, personas and templates in."""

from __future__ import annotations

import django

from countersign.shared.env import django_settings_ensure
from countersign.shared.storage import object_store


def main() -> None:
    """Try the object store, then sync what is shipped; a repeat changes nothing.

    Raises:
        StorageRefused: the store does not keep what it is given, so nothing must be built on it.
    """
    django_settings_ensure()
    django.setup()
    from countersign.workflow.installation import installation_sync

    object_store().self_test()
    installation_sync()


if __name__ == "__main__":
    main()
