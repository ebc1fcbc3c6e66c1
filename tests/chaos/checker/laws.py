"""The laws C1 to C6: what must be so once everything has come to rest."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.checker.evidence import ENDS, TOLD_ENDS, Evidence, Finding, Record
from tests.chaos.checker.ledger import ledger_adds_up

__all__ = ["LAWS", "broken"]


def broken(evidence: Evidence) -> list[Finding]:
    return [finding for law in LAWS for finding in law(evidence)]


def accepted_jobs_are_stored_and_end_once(evidence: Evidence) -> Iterator[Finding]:
    """C1. A rejected job frees its key: only those that were not may not be two of one wish."""
    stored = {job["_id"]: job["state"] for job in evidence.stored.jobs}
    for once, jobs in evidence.diary.accepted.items():
        if len(jobs) > 1:
            yield Finding("C1", once, f"answers name several jobs: {sorted(jobs)}")
        for job in sorted(jobs - stored.keys()):
            yield Finding("C1", job, f"accepted as {once}, and not stored")
    live = Counter(
        state["spec"]["prompt"] for state in stored.values() if state["status"] != "rejected"
    )
    for prompt, number in live.items():
        if number > 1:
            yield Finding("C1", prompt, f"one wish became {number} jobs")
    for job, state in stored.items():
        ends = evidence.ends.get(job, [])
        if len(ends) != 1:
            yield Finding("C1", job, f"has {len(ends)} ends: {[end.type for end in ends]}")
        elif state["status"] != ENDS[ends[0].type]:
            yield Finding("C1", job, f"ended by {ends[0].type}, gateway shows {state['status']}")
    for job in sorted(evidence.stories.keys() - stored.keys()):
        yield Finding("C1", job, "has events, and is not stored")


def outboxes_are_empty(evidence: Evidence) -> Iterator[Finding]:
    """C3."""
    for document, since in evidence.stored.unpublished:
        yield Finding("C3", document, f"unpublished since {since}")


def feeds_tell_every_end_without_a_gap(evidence: Evidence) -> Iterator[Finding]:
    """C4, what is stored."""
    feeds: dict[str, list[int]] = defaultdict(list)
    for row in evidence.stored.feed:
        feeds[row["account"]].append(row["sequence"])
    for account, sequences in feeds.items():
        if sorted(sequences) != list(range(1, len(sequences) + 1)):
            yield Finding("C4", account, f"its feed's {len(sequences)} sequences have a gap")
    told = {row["_id"] for row in evidence.stored.feed}
    for ends in evidence.ends.values():
        for end in ends:
            if end.id not in told:
                yield Finding("C4", end.job, f"no notification of its {end.type}")


def followers_hear_every_sequence_in_order(evidence: Evidence) -> Iterator[Finding]:
    """C4, what arrived."""
    heard: dict[str, list[int]] = defaultdict(list)
    accounts: dict[str, str] = {}
    for line in evidence.diary.of("connected"):
        accounts[line["follower"]] = line["account"]
    for line in evidence.diary.of("told"):
        heard[line["follower"]].append(line["id"])
    last = Counter(row["account"] for row in evidence.stored.feed)
    for follower, account in accounts.items():
        if heard[follower] != list(range(1, last[account] + 1)):
            detail = f"heard {_brief(heard[follower])} of {last[account]}"
            yield Finding("C4", f"{follower} of {account}", detail)
    for line in evidence.diary.of("reset"):
        yield Finding("C4", line["follower"], f"was reset to {line['after']}")


def webhooks_tell_every_end(evidence: Evidence) -> Iterator[Finding]:
    """C4, what was sent: each end at least once, each time in the same words."""
    words: dict[str, set[str]] = defaultdict(set)
    heard: dict[str, set[str]] = defaultdict(set)
    for line in evidence.diary.of("hooked"):
        words[line["id"]].add(line["digest"])
        heard[line["sink"]].add(line["id"])
    for hook in evidence.diary.of("hook"):
        mine = [row for row in evidence.stored.feed if row["account"] == hook["account"]]
        ends = {row["_id"] for row in mine if row["type"] in TOLD_ENDS}
        for missed in sorted(ends - heard[hook["sink"]]):
            yield Finding("C4", hook["sink"], f"was never told {missed}")
        for odd in sorted(heard[hook["sink"]] - ends):
            yield Finding("C4", hook["sink"], f"was told {odd}, which is no end in its feed")
    for event, digests in words.items():
        if len(digests) > 1:
            yield Finding("C4", event, f"was told in {len(digests)} different words")


def pictures_are_there_as_told(evidence: Evidence) -> Iterator[Finding]:
    """C5."""
    if evidence.blobs is None:
        return
    for ends in evidence.ends.values():
        for end in ends:
            for image in end.data.get("images", ()):
                path = evidence.blobs / image["blob"]
                if not path.exists():
                    yield Finding("C5", end.job, f"{image['blob']} is missing")
                elif hashlib.sha256(path.read_bytes()).hexdigest() != image["sha256"]:
                    yield Finding("C5", end.job, f"{image['blob']} is another picture")


def stories_have_no_gap(evidence: Evidence) -> Iterator[Finding]:
    """C6. One request, one decision, attempts 1 to n each begun once, and nothing after the end."""
    for job, story in evidence.stories.items():
        yield from _is_decided_once(job, story)
        renders = [record for record in story if record.stream == "renders"]
        kinds = Counter((record.type, record.attempt) for record in renders)
        for (kind, attempt), number in kinds.items():
            if number > 1:
                yield Finding("C6", job, f"{number} different {kind} of attempt {attempt}")
        yield from _attempts_follow_each_other(job, renders)


def _is_decided_once(job: str, story: list[Record]) -> Iterator[Finding]:
    """A reminder asks again, and may be told the same again."""
    requests = [record for record in story if record.stream == "requests"]
    decisions = [record.type for record in story if record.stream == "decisions"]
    reminders = sum(1 for record in requests if record.data.get("reminder"))
    if len(requests) != 1 + reminders:
        yield Finding("C6", job, f"{len(requests)} requests, {reminders} of them reminders")
    if len(set(decisions)) != 1 or len(decisions) > 1 + reminders:
        yield Finding("C6", job, f"its decisions are {decisions}, after {reminders} reminders")


def _attempts_follow_each_other(job: str, renders: list[Record]) -> Iterator[Finding]:
    """What one document says, in the order in which its topic first shows it."""
    running, attempt, over = False, 0, False
    for record in renders:
        if over:
            yield Finding("C6", job, f"{record.type} after its end")
        match record.type:
            case "JobStarted":
                expected = not running and record.attempt == attempt + 1
                running, attempt = True, record.attempt
            case "JobRequeued":
                expected, running = running and record.attempt == attempt, False
            case "JobCompleted" | "JobFailed":
                expected, over = running and record.attempt == attempt, True
            case "JobCancelled":
                expected, over = record.attempt == attempt, True
            case _:
                expected = attempt == 0
        if not expected:
            yield Finding("C6", job, f"{record.type} of attempt {record.attempt} at {attempt}")


def _brief(ids: list[int]) -> str:
    if len(ids) < 8:
        return str(ids)
    jumps = [(a, b) for a, b in pairwise(ids) if b != a + 1]
    return f"{len(ids)} from {ids[0]} to {ids[-1]}, jumps {jumps[:5]}"


LAWS = (
    accepted_jobs_are_stored_and_end_once,
    ledger_adds_up,
    outboxes_are_empty,
    feeds_tell_every_end_without_a_gap,
    followers_hear_every_sequence_in_order,
    webhooks_tell_every_end,
    pictures_are_there_as_told,
    stories_have_no_gap,
)
