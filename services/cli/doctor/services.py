"""What the services' answers come to."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.cli.doctor.asking import Answer, ask
from services.cli.doctor.clocks import ahead_by
from services.cli.doctor.notes import Notes
from services.cli.doctor.places import Places
from services.cli.up.addresses import SERVICES
from services.kit.build import BuildInfo
from services.kit.clock import Clock
from services.kit.diagnosis import Check, Finding, Report, Section, bad, ok, warn

__all__ = ["answer_findings", "builds_finding", "services_check"]

_SHORT = 9
_ADVICE = (
    ("topic_missing:", "heatsink topics apply"),
    ("fuse_blown:", "heatsink dlq list says why; mend that, then start the service anew"),
    ("bus_unavailable", "mend Kafka first (above)"),
    ("starting", "wait; if this lasts, see its log"),
    ("stopping", "wait: it drains, and is started again if its keeper lives"),
    ("draining", "wait: it drains, and is started again if its keeper lives"),
)
_ADVICE_BY_NAME = {
    "database": "mend the database first (above)",
    "outbox": "mend Kafka first (above); what waits is under outbox (below)",
    "workers": "see the workers under render (below)",
}


def services_check(places: Places, ours: BuildInfo, clock: Clock, notes: Notes) -> Check:
    async def look() -> Sequence[Finding]:
        answers = await ask(places.services, clock)
        _note(answers, notes)
        return (*answer_findings(answers, places.data), builds_finding(answers, ours))

    return Check(Section.SERVICES, "all", look, "see whether the health ports can be reached")


def answer_findings(answers: Sequence[Answer], data: Path | None) -> tuple[Finding, ...]:
    """How each service is, what it found itself, and who of the four was not asked."""
    names = _names(answers)
    found: list[Finding] = []
    for answer, name in zip(answers, names, strict=True):
        if answer.report is None:
            found.append(_silent(answer, data))
            continue
        found.append(_standing(name, answer.report))
        found.extend(_own(name, answer.report))
    asked = {answer.name for answer in answers}
    return (*found, *(_unasked(name) for name in SERVICES if name not in asked))


def builds_finding(answers: Sequence[Answer], ours: BuildInfo) -> Finding:
    """Several versions at once are what a roll-out looks like, and a forgotten replica."""
    builds: defaultdict[str, list[str]] = defaultdict(list)
    builds[_build(ours.version, ours.commit)].append("doctor")
    for answer in answers:
        if report := answer.report:
            builds[_build(report.version, report.commit)].append(answer.name)
    told = "; ".join(f"{', '.join(names)} {build}" for build, names in builds.items())
    if len(builds) == 1:
        return ok(Section.SERVICES, "builds", f"all {next(iter(builds))}")
    advice = "finish the roll-out; start anew what is of the older build"
    return warn(Section.SERVICES, "builds", told, advice)


def _note(answers: Sequence[Answer], notes: Notes) -> None:
    for answer, name in zip(answers, _names(answers), strict=True):
        if answer.report:
            notes.reached.add(answer.name)
            notes.clocks[name] = ahead_by(answer.report.now, answer.asked, answer.came)


def _names(answers: Sequence[Answer]) -> list[str]:
    """With the replica where a service has several."""
    counts = Counter(answer.name for answer in answers)
    return [
        f"{one.name}/{one.report.replica}" if one.report and counts[one.name] > 1 else one.name
        for one in answers
    ]


def _standing(name: str, report: Report) -> Finding:
    if report.live:
        return bad(Section.SERVICES, name, f"hangs: {_told(report.live)}", "start it anew")
    if not report.reasons:
        return ok(Section.SERVICES, name, "live, ready")
    verdict, word = (warn, "ready, but") if report.ready else (bad, "not ready:")
    figure = f"{word} {_told(report.reasons)}"
    return verdict(Section.SERVICES, name, figure, _advice(report.reasons))


def _own(name: str, report: Report) -> list[Finding]:
    return [one.model_copy(update={"source": name}) for one in report.findings]


def _silent(answer: Answer, data: Path | None) -> Finding:
    if data is None:
        advice = "see its log and its address; on Kubernetes: kubectl logs, kubectl describe pod"
    else:
        advice = f"heatsink up starts it again; see {data / 'logs' / answer.name}.log"
    return bad(Section.SERVICES, answer.name, answer.problem, advice)


def _unasked(name: str) -> Finding:
    advice = f"give the address of its health port: --service http://{name}:PORT"
    return warn(Section.SERVICES, name, "was not asked", advice)


def _told(reasons: Mapping[str, str]) -> str:
    """Each reason once, with the names of those that give it."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in reasons.items():
        names[reason.partition(" (configured")[0]].append(name)
    return "; ".join(f"{reason} ({', '.join(some)})" for reason, some in names.items())


def _advice(reasons: Mapping[str, str]) -> str:
    """For the first reason that we know: it is often the cause of the others."""
    for start, advice in _ADVICE:
        if any(reason.startswith(start) for reason in reasons.values()):
            return advice
    known = (_ADVICE_BY_NAME[name] for name in _ADVICE_BY_NAME if name in reasons)
    return next(known, "see its log")


def _build(version: str, commit: str) -> str:
    return f"{version} ({commit[:_SHORT]})"
