import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from services.cli.parts import FolderInUse, NotReady
from services.cli.up import System, find_running
from tests.integration.up.fakes import PARTS, Prepared, fake_blueprint, options

IN_TIME = 20.0


class Heard(list[str]):
    """What was said, and a way to wait for something to be said."""

    def __init__(self) -> None:
        super().__init__()
        self._spoke = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.append(line)
        self._spoke.set()

    async def until(self, words: str) -> None:
        async with asyncio.timeout(IN_TIME):
            while not any(words in line for line in self):
                self._spoke.clear()
                await self._spoke.wait()


def all_pids(system: System) -> list[int]:
    return [pid for pids in system.pids().values() for pid in pids]


async def test_a_system_says_where_it_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with System.running(options(tmp_path), blueprint=fake_blueprint()) as system:
        pids = all_pids(system)
        assert {name: len(found) for name, found in system.pids().items()} == {
            "gateway": 1,
            "quota": 1,
            "render": 1,
            "notify": 1,
            "kafka": 0,
            "database": 0,
        }
        assert system.keys.free == "hs_free"
        assert find_running(tmp_path) == system.told
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert find_running(tmp_path) is None
    assert "gateway drained" in (tmp_path / "logs" / "gateway.log").read_text()


async def test_topics_are_applied_before_the_services_start(tmp_path: Path) -> None:
    prepared = Prepared()
    chosen = options(tmp_path, HEATSINK_TOPIC_PREFIX="mine")
    async with System.running(chosen, blueprint=fake_blueprint(prepared)) as system:
        pass
    assert prepared.calls == [system.addresses]
    assert system.addresses.topic_prefix == "mine"
    assert system.addresses.kafka_bootstrap == PARTS["HEATSINK_KAFKA_BOOTSTRAP"]


async def test_lines_are_told_with_their_service(tmp_path: Path) -> None:
    lines: list[tuple[str, str]] = []

    def hear(service: str, line: str) -> None:
        lines.append((service, line))

    async with System.running(options(tmp_path), line_of=hear, blueprint=fake_blueprint()):
        pass
    assert ("quota", "quota started") in lines
    assert ("quota", "quota drained") in lines


async def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    heard = Heard()
    async with System.running(options(tmp_path), heard, blueprint=fake_blueprint()) as system:
        before = system.pids()
        await system.kill("quota")
        await heard.until("quota was started again")
        await system.until_ready("quota")
        after = system.pids()
        assert after["quota"] != before["quota"]
        assert after["gateway"] == before["gateway"]
    assert any("quota was ended by SIGKILL; starting it again in" in line for line in heard)


async def test_a_service_killed_by_anyone_is_started_again(tmp_path: Path) -> None:
    heard = Heard()
    async with System.running(options(tmp_path), heard, blueprint=fake_blueprint()) as system:
        os.kill(system.pids()["render"][0], signal.SIGKILL)
        await heard.until("render was started again")
        await system.until_ready("render")


async def test_a_stopped_service_stays_down_until_it_is_started(tmp_path: Path) -> None:
    async with System.running(options(tmp_path), blueprint=fake_blueprint()) as system:
        await system.stop("notify")
        assert system.pids()["notify"] == []
        await system.start("notify")
        await system.until_ready("notify")
        assert len(system.pids()["notify"]) == 1


async def test_a_service_that_dies_at_the_start_fails_it(tmp_path: Path) -> None:
    heard = Heard()
    dying = options(tmp_path, FAKE_RENDER="dies")
    with pytest.raises(NotReady, match="exit code 78") as caught:
        async with System.running(dying, heard, blueprint=fake_blueprint()):
            pytest.fail("it can't be ready")
    assert caught.value.name == "render"
    assert caught.value.tail == "HEATSINK_CATALOGUE: is not set"
    assert "gateway drained" in (tmp_path / "logs" / "gateway.log").read_text()


async def test_what_a_service_waits_for_is_told(tmp_path: Path) -> None:
    async with System.running(options(tmp_path), blueprint=fake_blueprint()) as system:
        await system.stop("render")
        with pytest.raises(NotReady, match="does not answer yet"):
            await system.until_ready("render", within=0.1)


async def test_two_systems_on_one_folder_are_refused(tmp_path: Path) -> None:
    async with System.running(options(tmp_path), blueprint=fake_blueprint()):
        with pytest.raises(FolderInUse):
            async with System.running(options(tmp_path), blueprint=fake_blueprint()):
                pytest.fail("it can't be ready")
        assert find_running(tmp_path) is not None


async def test_ports_and_secrets_are_kept_from_start_to_start(tmp_path: Path) -> None:
    async with System.running(options(tmp_path), blueprint=fake_blueprint()) as first:
        secrets = (tmp_path / "secrets.json").read_text()
        assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    async with System.running(options(tmp_path), blueprint=fake_blueprint()) as second:
        assert second.url == first.url
        assert second.events_url == first.events_url
        assert (tmp_path / "secrets.json").read_text() == secrets


async def test_what_is_not_run_by_us_cannot_be_killed(tmp_path: Path) -> None:
    async with System.running(options(tmp_path), blueprint=fake_blueprint()) as system:
        with pytest.raises(NotReady, match="kafka is not run by us"):
            await system.kill("kafka")
