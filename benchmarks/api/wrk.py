"""wrk (Debian's package of that name) as a load: requests per second, and how long they take."""

import asyncio
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Load", "loaded"]

_CONNECTIONS = 16
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
CREATE = Path(__file__).with_name("create.lua")


@dataclass(frozen=True)
class Load:
    """Milliseconds."""

    per_second: float
    p50: float
    p99: float

    def figures(self, what: str) -> dict[str, float]:
        return {
            f"{what} per second": self.per_second,
            f"{what} p50 ms": self.p50,
            f"{what} p99 ms": self.p99,
        }


async def loaded(
    url: str,
    seconds: float,
    *,
    headers: Mapping[str, str] | None = None,
    script: Path | None = None,
) -> Load:
    """A closed loop of 16 connections. Raises RuntimeError without wrk, or where it failed."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    given = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    scripted = ("-s", str(script)) if script else ()
    running = await asyncio.create_subprocess_exec(
        *("wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds:.0f}s", "--latency", "--timeout", "10s"),
        *scripted,
        *given,
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await running.communicate())[0].decode()
    if running.returncode:
        raise RuntimeError(said)
    return Load(_number(r"Requests/sec:\s+([\d.]+)", said), _time("50%", said), _time("99%", said))


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(said)
    return float(found[1])


def _time(share: str, said: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s|m)", said)
    if found is None:
        raise RuntimeError(said)
    return float(found[1]) * _UNITS[found[2]]
