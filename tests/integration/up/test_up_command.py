"""`heatsink up` as a process, over fake services."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.up.fakes import PARTS

PROJECT = Path(__file__).parents[3]
IN_TIME = 30.0
UP = """
import os, sys
from pathlib import Path
from tests.integration.up.fakes import fake_blueprint
from services.cli.up import UpOptions, run
options = UpOptions(os.environ, Path(sys.argv[1]), json="--json" in sys.argv, picture=False)
sys.exit(run(options, fake_blueprint()))
"""


@contextmanager
def up(data: Path, *flags: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", UP, str(data), *flags],
        env={**os.environ, **PARTS, "PYTHONPATH": str(PROJECT), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ready(process: subprocess.Popen[str]) -> dict[str, dict[str, list[int]]]:
    assert process.stdout is not None
    told: dict[str, dict[str, list[int]]] = json.loads(process.stdout.readline())
    return told


def alive(told: dict[str, dict[str, list[int]]]) -> list[int]:
    pids = [pid for found in told["pids"].values() for pid in found]
    _, still = psutil.wait_procs(
        [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=IN_TIME
    )
    return [process.pid for process in still]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_the_exit_is_clean(
    tmp_path: Path, number: signal.Signals
) -> None:
    with up(tmp_path, "--json") as process:
        told = ready(process)
        process.send_signal(number)
        out, err = process.communicate(timeout=IN_TIME)
    assert process.returncode == 0
    assert out == ""
    assert "stopped" in err
    assert alive(told) == []


def test_json_is_one_line_with_everything_that_scripts_need(tmp_path: Path) -> None:
    with up(tmp_path, "--json") as process:
        told = ready(process)
        process.terminate()
        process.communicate(timeout=IN_TIME)
    assert set(told) == {"url", "events_url", "keys", "pids"}
    assert set(told["keys"]) == {"free", "plus", "pro", "operator"}
    assert set(told["pids"]) == {"gateway", "quota", "render", "notify", "kafka", "database"}


def test_services_go_with_an_up_that_is_killed(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the kernel's leash is Linux's")
    with up(tmp_path, "--json") as process:
        told = ready(process)
        process.kill()
        process.communicate(timeout=IN_TIME)
    assert alive(told) == []
    with up(tmp_path, "--json") as process:
        assert ready(process)["url"] == told["url"]
        process.terminate()
        process.communicate(timeout=IN_TIME)


def test_a_stop_during_the_start_is_clean_too(tmp_path: Path) -> None:
    with up(tmp_path, FAKE_RENDER="never") as process:
        assert process.stderr is not None
        while "gateway is ready" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
        process.communicate(timeout=IN_TIME)
    assert process.returncode == 0


def test_a_person_is_told_where_everything_is(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        assert process.stderr is not None
        said = ""
        while "Ctrl-C stops everything" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.terminate()
        process.communicate(timeout=IN_TIME)
    assert "curl -s http://127.0.0.1:" in said
    assert "hs_free" in said
    assert "gateway  │ gateway started" in said


def test_a_service_that_can_not_start_is_named_with_its_reason(tmp_path: Path) -> None:
    with up(tmp_path, FAKE_QUOTA="dies") as process:
        _, err = process.communicate(timeout=IN_TIME)
    assert process.returncode == 1
    assert "can't run: quota ended with exit code 78" in err
    assert "HEATSINK_CATALOGUE: is not set" in err


def test_a_second_up_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with up(tmp_path, "--json") as process:
        ready(process)
        with up(tmp_path) as second:
            _, err = second.communicate(timeout=IN_TIME)
        assert second.returncode == 1
        assert "is in use by another running process" in err
        process.terminate()
        process.communicate(timeout=IN_TIME)


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    with up(tmp_path, HEATSINK_GATEWAY_PORT="eighty") as process:
        _, err = process.communicate(timeout=IN_TIME)
    assert process.returncode == 78
    assert "HEATSINK_GATEWAY_PORT: is no port" in err
