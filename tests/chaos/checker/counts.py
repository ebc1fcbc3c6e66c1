"""The figures of a run: what was asked, what became of it, what the faults cost."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.chaos.checker.evidence import ENDS, Evidence
from tests.chaos.checker.ledger import over_admitted

__all__ = ["figures"]

_SERVER_ERROR = 500

Percentiles = Mapping[str, float | None]


def figures(evidence: Evidence) -> dict[str, Any]:
    return {
        **_jobs(evidence),
        **_renders(evidence),
        **_answers(evidence),
        **_followers(evidence),
        "webhooks": _webhooks(evidence),
        "over_admitted": sum(1 for _ in over_admitted(evidence)),
        "duplicates": _duplicates(evidence),
        "dead_letters": evidence.dead_letters,
        "orphans": _orphans(evidence),
        "recovery": _recovery(evidence),
        "wait": _wait(evidence),
    }


def _jobs(evidence: Evidence) -> dict[str, Any]:
    stored = {job["_id"]: job["state"] for job in evidence.stored.jobs}
    accepted = {job for jobs in evidence.diary.accepted.values() for job in jobs}
    prompts = Counter(
        state["spec"]["prompt"] for state in stored.values() if state["status"] != "rejected"
    )
    several = sum(len(ends) - 1 for ends in evidence.ends.values() if len(ends) > 1)
    ended = {job for job, ends in evidence.ends.items() if ends}
    by_account: dict[str, Counter[str]] = defaultdict(Counter)
    for ends in filter(None, evidence.ends.values()):
        by_account[ends[0].account].update(ENDS[end.type] for end in ends[:1])
    return {
        "jobs": len(stored),
        "accepted": len(accepted),
        "lost": len(accepted - stored.keys()) + len(stored.keys() - ended),
        "doubled": sum(number - 1 for number in prompts.values()) + several,
        "ends": Counter(ENDS[end.type] for ends in evidence.ends.values() for end in ends),
        "by_account": by_account,
    }


def _renders(evidence: Evidence) -> dict[str, Any]:
    started = [record for record in evidence.distinct if record.type == "JobStarted"]
    requeued = [record for record in evidence.distinct if record.type == "JobRequeued"]
    return {
        "renders": len(started),
        "waste": len(started) - len({record.job for record in started}),
        "requeued": Counter(record.data["reason"] for record in requeued),
    }


def _answers(evidence: Evidence) -> dict[str, Any]:
    diary = evidence.diary
    return {
        "replayed": sum(1 for line in diary.of("answer") if line["replayed"]),
        "unanswered": len(diary.of("broken")),
        "server_errors": sum(1 for line in diary.of("refused") if line["status"] >= _SERVER_ERROR),
        "refusals": Counter(line["status"] for line in diary.of("refused")),
        "gave_up": len(diary.of("gave_up")),
    }


def _followers(evidence: Evidence) -> dict[str, Any]:
    cut: dict[str, float] = {}
    waits = []
    for line in evidence.diary.lines:
        if line["what"] == "cut":
            cut[line["follower"]] = line["at"]
        elif line["what"] == "connected" and line["follower"] in cut:
            waits.append(line["at"] - cut.pop(line["follower"]))
    connected = evidence.diary.of("connected")
    return {
        "followers": len({line["follower"] for line in connected}),
        "reconnect": _percentiles(waits),
    }


def _webhooks(evidence: Evidence) -> dict[str, int]:
    """`again`: how many came under an id that the sink had seen."""
    told = [(line["sink"], line["id"]) for line in evidence.diary.of("hooked")]
    return {"told": len(told), "again": len(told) - len(set(told))}


def _duplicates(evidence: Evidence) -> dict[str, int]:
    again = Counter(record.stream for record in evidence.records)
    again.subtract(record.stream for record in evidence.distinct)
    return {stream: number for stream, number in again.items() if number}


def _orphans(evidence: Evidence) -> int:
    """Pictures of these jobs that no end names; a sweep's business, not a client's."""
    if evidence.blobs is None:
        return 0
    named = {
        image["blob"]
        for ends in evidence.ends.values()
        for end in ends
        for image in end.data.get("images", ())
    }
    return sum(
        1
        for job in evidence.stored.jobs
        for path in Path(evidence.blobs, "images", job["_id"]).glob("*")
        if str(path.relative_to(evidence.blobs)) not in named
    )


def _recovery(evidence: Evidence) -> list[dict[str, Any]]:
    """Of each fault, from its beginning to the end of the first job that was asked for after it.

    A fault that lasts counts from when it was over.
    """
    asked: dict[str, float] = {}
    for line in evidence.diary.of("ask"):
        asked.setdefault(line["once"], line["at"])
    of_job = {job: asked[once] for once, jobs in evidence.diary.accepted.items() for job in jobs}
    over = sorted(
        (ends[0].at, of_job[job]) for job, ends in evidence.ends.items() if ends and job in of_job
    )
    found = []
    for fault in evidence.diary.of("fault"):
        since = fault["begin"] if fault["act"] in {"kill", "terminate"} else fault["end"]
        ended = next((end for end, begun in over if begun >= since), None)
        seconds = None if ended is None else round(ended - since, 3)
        found.append({"act": fault["act"], "victim": fault["victim"], "seconds": seconds})
    return found


def _wait(evidence: Evidence) -> Mapping[str, Percentiles]:
    """From the admission to the first claim, of jobs admitted before, during and after the faults.

    `during` is from the first fault's beginning to the last one's end.
    """
    faults = evidence.diary.of("fault")
    begin = min((fault["begin"] for fault in faults), default=math.inf)
    end = max((fault["end"] for fault in faults), default=math.inf)
    first = {
        record.job: record.at
        for record in evidence.distinct
        if record.type == "JobStarted" and record.attempt == 1
    }
    waits: dict[str, list[float]] = {"before": [], "during": [], "after": []}
    for record in evidence.distinct:
        if record.type == "JobAdmitted" and record.job in first:
            phase = "before" if record.at < begin else "after" if record.at > end else "during"
            waits[phase].append(first[record.job] - record.at)
    return {phase: _percentiles(found) for phase, found in waits.items()}


def _percentiles(values: Iterable[float]) -> Percentiles:
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p95": None, "p99": None}
    return {
        f"p{part}": round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)], 3)
        for part in (50, 95, 99)
    }
