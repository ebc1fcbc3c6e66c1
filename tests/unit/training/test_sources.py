"""The packages that pictures and words come from."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from training.sources import CAPTIONS, STYLES, Package, UnexpectedLicence, unpacked
from training.world import known_labels

PACKAGE = Package("a-package", "1.0.0", "MIT", ("icons.json",))


def archive(**files: object) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in files.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"package/{name}.json")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


def test_a_package_under_its_licence_is_read() -> None:
    found = unpacked(PACKAGE, archive(package={"license": "MIT"}, icons={"icons": {}}))
    assert found == {"icons.json": {"icons": {}}}


@pytest.mark.parametrize("licence", ["GPL-3.0", None, "CC-BY-NC-4.0"])
def test_a_package_that_says_another_licence_is_not_learnt_from(licence: str | None) -> None:
    with pytest.raises(UnexpectedLicence, match="a-package"):
        unpacked(PACKAGE, archive(package={"license": licence}, icons={}))


def test_each_package_is_named_in_the_notice() -> None:
    notice = Path("NOTICE").read_text()
    for package in (*STYLES.values(), CAPTIONS):
        assert package.name.split("/")[-1] in notice, package.name


def test_the_known_things_are_a_hundred_and_four() -> None:
    assert len(known_labels()) == 104
