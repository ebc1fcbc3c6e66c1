import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from services.cli.parts.process import ManagedProcess

IN_TIME = 10.0


def python(source: str) -> list[str | Path]:
    return [sys.executable, "-u", "-c", source]


async def spawn_and_hear(source: str, log: Path, first: str) -> tuple[ManagedProcess, list[str]]:
    """A child that has said `first`."""
    lines: list[str] = []
    said = asyncio.Event()

    def hear(line: str) -> None:
        lines.append(line)
        if line.startswith(first):
            said.set()

    process = await ManagedProcess.spawn(python(source), log=log, on_line=hear)
    await asyncio.wait_for(said.wait(), IN_TIME)
    return process, lines


async def is_gone(pid: int) -> bool:
    try:
        await asyncio.to_thread(psutil.Process(pid).wait, IN_TIME)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


async def test_output_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "child.log"
    process = await ManagedProcess.spawn(python("print('hello')"), log=log)
    assert await process.wait() == 0
    assert log.read_text() == "hello\n"


async def test_lines_are_told_in_order_and_logged_too(tmp_path: Path) -> None:
    lines: list[str] = []
    source = "import sys; print('one'); print('two', file=sys.stderr); sys.stdout.write('rest')"
    process = await ManagedProcess.spawn(python(source), log=tmp_path / "log", on_line=lines.append)
    await process.wait()
    assert lines == ["one", "two", "rest"]
    assert (tmp_path / "log").read_text() == "one\ntwo\nrest"


async def test_a_line_without_end_is_told_in_pieces(tmp_path: Path) -> None:
    lines: list[str] = []
    process = await ManagedProcess.spawn(
        python("import sys; sys.stdout.write('x' * 300_000)"),
        log=tmp_path / "log",
        on_line=lines.append,
    )
    await process.wait()
    assert len(lines) > 1
    assert "".join(lines) == "x" * 300_000


async def test_stop_asks_first(tmp_path: Path) -> None:
    source = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print('ready')
while True: time.sleep(1)
"""
    process, _ = await spawn_and_hear(source, tmp_path / "log", "ready")
    assert await process.stop(within=IN_TIME) == 7


async def test_stop_insists(tmp_path: Path) -> None:
    source = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('ready')
while True: time.sleep(1)
"""
    process, _ = await spawn_and_hear(source, tmp_path / "log", "ready")
    assert await process.stop(within=0.2) == -signal.SIGKILL


async def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    process = await ManagedProcess.spawn(python("pass"), log=tmp_path / "log")
    assert await process.wait() == 0
    assert await process.stop(within=1) == 0
    assert await process.kill() == 0


async def test_grandchildren_go_with_their_parent(tmp_path: Path) -> None:
    source = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
print('child', child.pid)
time.sleep(600)
"""
    process, lines = await spawn_and_hear(source, tmp_path / "log", "child")
    await process.kill()
    assert await is_gone(int(lines[0].split()[1]))


async def test_a_child_dies_with_us_however_we_die(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the kernel's leash is Linux's")
    source = f"""
import asyncio, sys
from pathlib import Path
from services.cli.parts.process import ManagedProcess
async def main():
    child = await ManagedProcess.spawn(
        [sys.executable, '-c', 'import time; time.sleep(600)'], log=Path({str(tmp_path)!r}, 'inner')
    )
    print('child', child.pid)
    await child.wait()
asyncio.run(main())
"""
    process, lines = await spawn_and_hear(source, tmp_path / "log", "child")
    child = int(lines[0].split()[1])
    assert psutil.pid_exists(child)
    os.kill(process.pid, signal.SIGKILL)
    assert await is_gone(child)
    await process.wait()


async def test_tail_gives_the_last_words(tmp_path: Path) -> None:
    process = await ManagedProcess.spawn(
        python("[print(i) for i in range(100)]"), log=tmp_path / "log"
    )
    await process.wait()
    assert process.tail(2) == "98\n99"
