"""Each call as a flow: what it asks, and what it makes of the answer."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from heatsink.client.errors import NotReady
from heatsink.client.exchange import Flow, Pause, Policy, Request, call, once
from heatsink.client.models import Batch, Image, Job, Limits, Submission, Upload

__all__ = [
    "batch",
    "cancel",
    "cancel_batch",
    "create_batch",
    "create_job",
    "delete",
    "draw",
    "job",
    "jobs",
    "limits",
    "picture",
    "upload",
    "wait",
    "wait_batch",
]

_AT_A_TIME = 60.0
_BATCH_LOOKS = 30


def create_job(policy: Policy, prompt: str, options: Mapping[str, Any]) -> Flow[Job]:
    return (yield from _job(_making("/v1/jobs", {"prompt": prompt, **options}), policy))


def draw(policy: Policy, prompt: str, options: Mapping[str, Any], seconds: float) -> Flow[Job]:
    """Raises Refused for one that the limits refuse, NotReady when the time is over."""
    request = _making("/v1/jobs", {"prompt": prompt, **options}, _prefer(seconds))
    made = yield from _job(request, policy)
    return made if made.has_ended else (yield from wait(policy, made.id, seconds))


def job(policy: Policy, id: str) -> Flow[Job]:
    return (yield from _job(Request("GET", f"/v1/jobs/{id}"), policy))


def wait(policy: Policy, id: str, seconds: float) -> Flow[Job]:
    """The job at its end. Raises NotReady."""
    while seconds > 0:
        request = Request("GET", f"/v1/jobs/{id}", headers=_prefer(seconds))
        found = yield from _job(request, policy)
        if found.has_ended:
            return found
        seconds -= _AT_A_TIME
    raise NotReady(id)


def jobs(policy: Policy, filters: Mapping[str, str]) -> Flow[tuple[list[Job], str | None]]:
    """A page, newest first, and the cursor of the next."""
    told = (yield from call(Request("GET", "/v1/jobs", query=filters), policy)).json()
    return [Job.of(raw) for raw in told["data"]], told["next_cursor"]


def cancel(policy: Policy, id: str) -> Flow[Job]:
    return (yield from _job(Request("POST", f"/v1/jobs/{id}/cancel"), policy))


def delete(policy: Policy, id: str) -> Flow[None]:
    yield from call(Request("DELETE", f"/v1/jobs/{id}"), policy)


def picture(policy: Policy, image: Image) -> Flow[bytes]:
    return (yield from call(Request("GET", image.url), policy)).content


def upload(policy: Policy, photo: bytes) -> Flow[Upload]:
    request = Request("POST", "/v1/uploads", photo=photo)
    return Upload.of((yield from call(request, policy)).json())


def submitted(policy: Policy, name: str) -> Flow[Submission]:
    request = Request("GET", f"/v1/submissions/{quote(name, safe='')}")
    return Submission.of((yield from call(request, policy)).json())


def limits(policy: Policy) -> Flow[Limits]:
    return Limits.of((yield from call(Request("GET", "/v1/limits"), policy)).json())


def create_batch(policy: Policy, prompts: Iterable[str], options: Mapping[str, Any]) -> Flow[Batch]:
    request = _making("/v1/batches", {"prompts": list(prompts), **options})
    return (yield from _batch(request, policy))


def batch(policy: Policy, id: str) -> Flow[Batch]:
    return (yield from _batch(Request("GET", f"/v1/batches/{id}"), policy))


def cancel_batch(policy: Policy, id: str) -> Flow[Batch]:
    return (yield from _batch(Request("POST", f"/v1/batches/{id}/cancel"), policy))


def wait_batch(policy: Policy, id: str, seconds: float) -> Flow[Batch]:
    """The batch at its end; looks thirty times in that time, and at most once a second."""
    every = max(1.0, seconds / _BATCH_LOOKS)
    while True:
        found = yield from batch(policy, id)
        if found.has_ended:
            return found
        if seconds <= 0:
            raise NotReady(id)
        yield Pause(min(every, seconds))
        seconds -= every


def _making(
    path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Request:
    return Request("POST", path, body=body, headers={**once(), **(headers or {})})


def _prefer(seconds: float) -> dict[str, str]:
    return {"Prefer": f"wait={max(1, int(min(seconds, _AT_A_TIME)))}"}


def _job(request: Request, policy: Policy) -> Flow[Job]:
    return Job.of((yield from call(request, policy)).json())


def _batch(request: Request, policy: Policy) -> Flow[Batch]:
    return Batch.of((yield from call(request, policy)).json())
