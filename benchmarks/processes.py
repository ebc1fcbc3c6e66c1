"""The processes of a system: who they are, what they hold, what they have used."""

import psutil

from services.cli.up import System

__all__ = ["cpu_seconds", "python_pids", "resident_mb"]

_MB = 1_000_000
_INSIDE = {"services.render.worker": "worker", "services.render.engine": "engine"}


def resident_mb(system: System) -> dict[str, float]:
    return {name: one.memory_info().rss / _MB for name, one in _processes(system).items()}


def cpu_seconds(system: System) -> dict[str, float]:
    """User and system time since each process began."""
    used = {}
    for name, process in _processes(system).items():
        times = process.cpu_times()
        used[name] = times.user + times.system
    return used


def python_pids(system: System) -> dict[str, int]:
    return {name: one.pid for name, one in _processes(system).items() if name != "kafka"}


def _processes(system: System) -> dict[str, psutil.Process]:
    """By service, part, `worker` or `engine`; a helper without a name counts for itself."""
    found: dict[str, psutil.Process] = {}
    for service, pids in system.pids().items():
        for place, pid in enumerate(pids):
            process = psutil.Process(pid)
            inside = [_INSIDE[word] for word in process.cmdline() if word in _INSIDE]
            found[inside[0] if inside else service if place == 0 else f"{service} {place}"] = (
                process
            )
    return found
