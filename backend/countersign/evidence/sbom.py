"""A CycloneDX bill of materials of the environment in which a change was tested."""

from __future__ import annotations

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL


def sbom_build(requirements: tuple[str, ...], *, subject: str) -> bytes:
    """Return a CycloneDX 1.6 document (JSON) for ``name==version`` pins; the same pins give the same bytes.

    Args:
        requirements: exact pins of what is installed.
        subject: the name of the project that they were installed for.
    """
    bom = Bom()
    root = Component(name=subject, type=ComponentType.APPLICATION, bom_ref="subject")
    bom.metadata.component = root
    for pin in sorted(set(requirements)):
        name, _, version = pin.partition("==")
        purl = PackageURL("pypi", name=name.lower(), version=version or None)
        bom.components.add(Component(name=name, version=version, purl=purl, bom_ref=str(purl)))
    # The pins are flat: which of them pulled which one in is not known, that the project needs them all is.
    bom.register_dependency(root, bom.components)
    # Serial number and time would make two identical documents differ; neither is about the content.
    rendered = JsonV1Dot6(bom).output_as_string(indent=1)
    return _without_volatile(rendered)


def _without_volatile(rendered: str) -> bytes:
    import json  # noqa: PLC0415 - only this helper needs it

    document = json.loads(rendered)
    document.pop("serialNumber", None)
    document.get("metadata", {}).pop("timestamp", None)
    document.get("metadata", {}).pop("tools", None)
    return json.dumps(document, indent=1, sort_keys=True).encode()
