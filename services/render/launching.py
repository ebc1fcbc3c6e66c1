"""How this machine starts a worker process, and knows whether one lives."""

import asyncio
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL

from services.render.fleet import Launch, Process

__all__ = ["is_alive", "launcher"]


def launcher(replica: str) -> Launch:
    """Workers get this process's environment, and a session of their own.

    A Ctrl-C at the terminal reaches the service alone: how its workers drain is for it to say.
    """

    async def launch(number: int) -> tuple[str, Process]:
        name = f"{replica}-{number}-{secrets.token_hex(3)}"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "services.render.worker"),
            *("--name", name, "--parent", str(os.getpid())),
            stdin=DEVNULL,
            start_new_session=True,
        )
        return name, process

    return launch


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
