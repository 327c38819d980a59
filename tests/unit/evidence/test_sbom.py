import json

from countersign.evidence.sbom import sbom_build


def test_sbom_names_every_pin_by_its_package_url() -> None:
    document = json.loads(sbom_build(("Requests==2.32.3", "ruamel_yaml==1.0"), subject="sample"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == "sample"
    assert sorted(item["purl"] for item in document["components"]) == [
        "pkg:pypi/requests@2.32.3",
        "pkg:pypi/ruamel-yaml@1.0",
    ]


def test_sbom_of_the_same_pins_is_the_same_bytes() -> None:
    pins = ("b==2", "a==1", "c==3")
    assert sbom_build(pins, subject="x") == sbom_build((*reversed(pins), "a==1"), subject="x")
    assert sbom_build(pins, subject="x") != sbom_build(pins[:2], subject="x")
    assert sbom_build(pins, subject="x") != sbom_build(pins, subject="y")


def test_sbom_of_nothing_says_so() -> None:
    document = json.loads(sbom_build((), subject="sample"))
    assert document.get("components", []) == []
    assert "serialNumber" not in document
    assert "timestamp" not in document["metadata"]


def test_sbom_of_a_pin_without_a_version_keeps_the_name() -> None:
    (component,) = json.loads(sbom_build(("local-thing",), subject="x"))["components"]
    assert component["purl"] == "pkg:pypi/local-thing"
