"""The name of each deciding key that does not depend on how the key is spelled; no two credentials share one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import migrations, models

from countersign_verify.canonical import digest_bytes
from countersign_verify.webauthn import key_material

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps


def _fill(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    credentials = apps.get_model("accounts", "DecidingCredential")
    for row in credentials.objects.all():
        material = digest_bytes(key_material(bytes(row.public_key)))
        credentials.objects.filter(pk=row.pk).update(material=material)


class Migration(migrations.Migration):
    """Add it, fill it, and let nobody have another's."""

    dependencies: ClassVar = [("accounts", "0003_erasure")]

    operations: ClassVar = [
        migrations.AddField("decidingcredential", "material", models.CharField(max_length=71, null=True)),
        migrations.RunPython(_fill, migrations.RunPython.noop),
        migrations.AlterField("decidingcredential", "material", models.CharField(max_length=71, unique=True)),
    ]
