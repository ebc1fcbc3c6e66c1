"""`heatsink dlq` on real Kafka, beside a quota that hears what it replays."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.__main__ import app
from services.contracts import AccountId, Envelope, Event, Stream, WireRecord, encode
from services.contracts.events import AccountChanged, JobAdmitted, JobRequested
from services.kit.bus import Record
from services.kit.bus.dead_letters import DeadLetters
from services.quota.settings import QuotaSettings
from tests.e2e.commands import Result, start
from tests.integration.dead_letters.alone import CLOCK, quota, request
from tests.integration.kit.bus.bench import Bench, running
from tests.waiting import eventually

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def parts(bench: Bench, mongo_url: str) -> dict[str, str]:
    return {
        "kafka_bootstrap": bench.connection.bootstrap,
        "topic_prefix": bench.connection.topic_prefix,
        "mongo_url": mongo_url,
    }


@pytest.fixture
def dlq(parts: dict[str, str], tmp_path: Path) -> Run:
    settings = {f"HEATSINK_{name.upper()}": value for name, value in parts.items()}
    environ = {name: None for name in os.environ if name.startswith("HEATSINK_")} | settings

    async def run(*arguments: str) -> Result:
        line = [*("dlq", *arguments), "--data", str(tmp_path)]
        told = await asyncio.to_thread(CliRunner().invoke, app, line, env=environ)
        return Result(told.exit_code, told.stdout, told.stderr)

    return run


async def bury(
    bench: Bench,
    wires: Sequence[WireRecord],
    reason: str,
    *,
    stream: Stream = Stream.REQUESTS,
    by: Sequence[str] = ("quota",),
) -> None:
    """As services do it; the letters come from offsets 1,000 and up, where nothing lies."""
    topic = bench.connection.topic(stream)
    async with running(bench.producer):
        for offset, wire in enumerate(wires, start=1_000):
            for reader in by:
                letters = DeadLetters(bench.producer, reader, CLOCK)
                record = Record(topic, 0, offset, CLOCK.now(), wire)
                await letters.bury(record, reason, "it said \x1b[2J", "Traceback: a red fox, 3d")


async def admissions(bench: Bench) -> list[JobAdmitted]:
    events = await bench.events(Stream.DECISIONS)
    return [event for event in events if isinstance(event, JobAdmitted)]


def requests(count: int) -> list[Envelope[JobRequested]]:
    return [request() for _ in range(count)]


async def test_list_counts_by_topic_and_reason(bench: Bench, dlq: Run) -> None:
    nothing = await dlq("list")
    assert (nothing.code, nothing.out) == (0, "no dead letters\n"), nothing.err
    await bury(bench, [encode(request())], "handler_fault")
    await bury(bench, [WireRecord(b"k", b"{", ())] * 2, "invalid_data")
    await bench.producer_put(Stream.REQUESTS, WireRecord(b"k", b"no letter", ()))

    told = (await dlq("list", "--json")).json["topics"]
    [requests_] = [one for one in told if one["open"]]
    assert requests_["topic"] == f"{bench.connection.topic(Stream.REQUESTS)}.dlq"
    assert requests_["reasons"] == {"invalid_data": 2, "handler_fault": 1}
    assert (requests_["consumers"], requests_["no_letters"]) == ({"quota": 3}, 1)
    assert requests_["oldest"] < requests_["newest"]
    people = await dlq("list", "requests")
    assert people.code == 0
    assert "invalid_data=2" in people.err


async def test_show_tells_why_and_hides_the_prompt_unless_asked(bench: Bench, dlq: Run) -> None:
    await bury(bench, [encode(request())], "handler_fault")
    [brief] = (await dlq("show", "requests", "--json")).json["letters"]
    assert (brief["at"], brief["reason"], brief["handled"]) == ("0:0", "handler_fault", None)
    assert brief["origin"] == f"{bench.connection.topic(Stream.REQUESTS)}:0:1000"

    whole = await dlq("show", "requests:0:0")
    assert "a red fox" not in whole.out
    assert "Traceback: [redacted]" in whole.out
    assert "\x1b" not in whole.out, "what strangers wrote moves no cursor"
    letter = (await dlq("show", "requests:0:0", "--json")).json
    assert letter["value"]["spec"]["prompt"] == "[redacted]"
    assert dict(letter["headers"])["ce_id"] == letter["event"]
    asked = (await dlq("show", "requests:0:0", "--payload", "--json")).json
    assert json.loads(asked["value"])["spec"]["prompt"] == "a red fox, 3d"


async def test_what_is_not_there_or_no_place_is_said_by_the_exit_code(dlq: Run) -> None:
    assert (await dlq("show", "requests:0:7")).code == 66
    assert (await dlq("replay", "requests", "--at", "0:7")).code == 66
    assert (await dlq("show", "requests:seven")).code == 64
    wrong = await dlq("replay", "weather")
    assert (wrong.code, wrong.err.count("\n")) == (64, 1)


async def test_replayed_twice_a_request_is_decided_once(
    bench: Bench, dlq: Run, quota_settings: QuotaSettings
) -> None:
    asked = request()
    await bury(bench, [encode(asked)], "handler_fault", by=("quota", "notify"))
    async with quota(quota_settings):
        tried = await dlq("replay", "requests", "--dry-run", "--json")
        assert (tried.json["replayed"], tried.json["records"]) == (["0:0", "0:1"], 1)
        assert await bench.events(Stream.REQUESTS) == [], "a dry run sends nothing"

        first = await dlq("replay", "requests", "--json")
        assert (first.code, first.json["replayed"], first.json["records"]) == (0, ["0:0", "0:1"], 1)
        await eventually(lambda: _has(admissions(bench), 1))
        second = await dlq("replay", "requests")
        assert "2 were replayed before" in second.out

        # As if it had been killed between sending and marking: the same event once more.
        [sent] = await bench.records(bench.connection.topic(Stream.REQUESTS))
        assert dict(sent.headers)["replay_of"].decode().endswith("requests.v1.dlq:0:0")
        assert dict(sent.headers)["ce_id"] == asked.id.encode()
        await bench.producer_put(Stream.REQUESTS, sent, dead=False)
        behind = request(asked.data.account)
        await bench.producer_put(Stream.REQUESTS, encode(behind), dead=False)
        await eventually(lambda: _has(admissions(bench), 2))

    assert [one.job for one in await admissions(bench)] == [asked.data.job, behind.data.job]
    [listed] = (await dlq("list", "requests", "--json")).json["topics"]
    assert (listed["open"], listed["replayed"]) == (0, 2)


async def test_a_replay_killed_in_the_middle_goes_on_where_it_was(
    bench: Bench,
    dlq: Run,
    parts: dict[str, str],
    quota_settings: QuotaSettings,
    tmp_path: Path,
) -> None:
    asked = requests(6)
    await bury(bench, [encode(one) for one in asked], "handler_fault")
    async with quota(quota_settings):
        victim = await start("dlq", "replay", "requests", "--rate", "0.5", cwd=tmp_path, **parts)
        await eventually(lambda: _has(bench.events(Stream.REQUESTS), 2), within=120)
        victim.kill()
        await victim.communicate()
        rest = (await dlq("replay", "requests", "--json")).json
        assert 1 <= len(rest["replayed"]) < 6
        await eventually(lambda: _has(admissions(bench), 6), within=60)

    jobs = [one.job for one in await admissions(bench)]
    assert sorted(jobs) == sorted(one.data.job for one in asked)


async def test_what_would_only_die_again_is_left_where_it_is(bench: Bench, dlq: Run) -> None:
    await bury(bench, [WireRecord(b"k", b"{", ())], "not_a_cloudevent")
    await bury(bench, [WireRecord(b"k", b"x" * 1_010_000, ())], "too_large")
    await bury(bench, [encode(request())], "handler_fault")

    report = await dlq("replay", "requests", "--json")
    assert report.code == 1
    assert report.json["left"] == {"0:0": "not_a_cloudevent", "0:1": "cut"}
    assert report.json["replayed"] == ["0:2"]
    assert len(await bench.events(Stream.REQUESTS)) == 1


async def test_a_replay_never_puts_an_older_account_above_a_newer_one(
    bench: Bench, dlq: Run
) -> None:
    def account(version: int) -> AccountChanged:
        return AccountChanged(at=CLOCK.now(), account=of, version=version, plan="free")

    of = AccountId.new(CLOCK.now())
    old, new = (Envelope(request().id, "test", account(version)) for version in (1, 2))
    topic = bench.connection.topic(Stream.ACCOUNTS)
    async with running(bench.producer):
        await bench.producer.publish([old, new])
        letters = DeadLetters(bench.producer, "quota", CLOCK)
        for offset, one in enumerate((old, new)):
            record = Record(topic, 0, offset, CLOCK.now(), encode(one))
            await letters.bury(record, "handler_fault", "")

    report = (await dlq("replay", "accounts", "--json")).json
    assert (report["left"], report["replayed"]) == ({"0:0": "superseded"}, ["0:1"])
    assert (await bench.events(Stream.ACCOUNTS))[-1] == new.data


async def test_drop_asks_first_and_sets_aside_for_good(bench: Bench, dlq: Run) -> None:
    await bury(bench, [WireRecord(b"k", b"{", ())] * 3, "invalid_data")
    await bury(bench, [encode(request())], "handler_fault")

    tried = await dlq("drop", "requests", "--reason", "invalid_data", "--dry-run", "--json")
    assert tried.json["dropped"] == ["0:0", "0:1", "0:2"]
    asked = await dlq("drop", "requests")
    assert (asked.code, "drop 4 letters" in asked.err) == (1, True)
    dropped = await dlq("drop", "requests", "--reason", "invalid_data", "--limit", "2", "--yes")
    assert dropped.code == 0
    [listed] = (await dlq("list", "requests", "--json")).json["topics"]
    assert (listed["open"], listed["dropped"]) == (2, 2)
    assert listed["reasons"] == {"invalid_data": 1, "handler_fault": 1}
    again = await dlq("drop", "requests", "--at", "0:0", "--yes", "--json")
    assert again.json["dropped"] == []
    shown = (await dlq("show", "requests", "--all", "--json")).json["letters"]
    assert [one["handled"] for one in shown] == ["dropped", "dropped", None, None]


async def _has(found: Awaitable[Sequence[Event]], count: int) -> bool:
    await asyncio.sleep(0.2)
    return len(await found) >= count
