"""The open packages that ember learns from: fetched, and their licences checked."""

import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CAPTIONS", "STYLES", "Package", "UnexpectedLicence", "fetch"]


class UnexpectedLicence(Exception):
    """A package says another licence than the one that NOTICE names."""


@dataclass(frozen=True)
class Package:
    """An npm package, the licence that it must name, and what of it is read."""

    name: str
    version: str
    licence: str
    files: tuple[str, ...]


FLAT = Package("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", ("icons.json", "chars.json"))

STYLES = {
    "3d": Package("@iconify-json/fluent-emoji", "1.2.7", "MIT", ("icons.json",)),
    "flat": FLAT,
    "classic": Package("@iconify-json/noto", "1.2.9", "Apache-2.0", ("icons.json", "chars.json")),
}
CAPTIONS = Package("emojibase-data", "17.0.0", "MIT", ("en/data.json",))


def fetch(package: Package) -> dict[str, Any]:
    """The package's files by name, parsed. Raises UnexpectedLicence; needs `npm` and a network."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is needed to fetch the pictures")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{package.name}@{package.version}", "--silent"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        [archive] = Path(folder).iterdir()
        return unpacked(package, archive.read_bytes())


def unpacked(package: Package, archive: bytes) -> dict[str, Any]:
    """Raises UnexpectedLicence."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        said = _parsed(files, "package.json").get("license")
        if said != package.licence:
            raise UnexpectedLicence(f"{package.name} is {said}, not {package.licence}")
        return {name: _parsed(files, name) for name in package.files}


def _parsed(files: tarfile.TarFile, name: str) -> Any:
    member = files.extractfile(f"package/{name}")
    assert member is not None
    return json.load(member)
