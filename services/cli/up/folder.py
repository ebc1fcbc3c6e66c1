"""The data folder of one system: where what lies, and what is kept from start to start."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

__all__ = ["DataFolder"]

_PEPPER_BYTES = 32


class DataFolder:
    """Readable by its owner alone: it holds secrets and people's pictures."""

    RUNNING: ClassVar[str] = "running.json"

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def database(self) -> Path:
        return self.root / "database"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def demo_keys(self) -> Path:
        return self.root / "demo-keys.json"

    @property
    def running(self) -> Path:
        """There while a system runs here and is ready."""
        return self.root / self.RUNNING

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, service: str) -> Path:
        return self.logs / f"{service}.log"

    def pepper(self) -> str:
        """The secret behind key hashes and links, made once and kept."""
        path = self.root / "secrets.json"
        kept = _read(path)
        pepper = kept.get("pepper")
        if not isinstance(pepper, str):
            pepper = secrets.token_urlsafe(_PEPPER_BYTES)
            self.write(path, {**kept, "pepper": pepper})
        return pepper

    def remembered_ports(self) -> dict[str, int]:
        kept = _read(self.root / "ports.json")
        return {name: port for name, port in kept.items() if isinstance(port, int)}

    def remember_ports(self, ports: Mapping[str, int]) -> None:
        self.write(self.root / "ports.json", ports)

    def write(self, path: Path, content: Mapping[str, object]) -> None:
        """All of it or nothing, for its owner's eyes."""
        fresh = path.with_name(f"{path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        fresh.replace(path)


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
