"""``python -m countersign.cli.install``: bring the shipped rules, personas and templates in."""

from __future__ import annotations

import django

from countersign.shared.env import django_settings_ensure


def main() -> None:
    """Sync what is shipped; a repeat changes nothing."""
    django_settings_ensure()
    django.setup()
    from countersign.workflow.installation import installation_sync

    installation_sync()


if __name__ == "__main__":
    main()
