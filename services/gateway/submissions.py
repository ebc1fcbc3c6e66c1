"""Jobs from event producers: a message on `submissions` is treated like an HTTP call."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from services.contracts import (
    AccountId,
    Catalogue,
    DecodeError,
    Envelope,
    Event,
    JobId,
    Origin,
    SubmissionId,
    upload_key,
)
from services.contracts.events import CancelSubmitted, JobSubmitted, Scope
from services.gateway.core.account import Caller
from services.gateway.core.flaws import Flaw, SpecError
from services.gateway.core.idempotency import body_digest, key_of_submission
from services.gateway.core.job import AlreadyEnded
from services.gateway.core.pricing import units
from services.gateway.core.spec import SEEDS, Wish, job_spec, lighter_render
from services.gateway.core.tokens import TokenInvalid, TokenSigner
from services.gateway.desk import Desk, IdempotencyKeyReused, Order
from services.gateway.keyring import KeyRefused, Keyring
from services.gateway.moderating import verdict_on
from services.gateway.turned_away import TurnedAways
from services.kit.clock import Clock
from services.kit.http import Code
from services.kit.moderation import Moderator
from services.kit.telemetry import metrics
from services.kit.throttle import Throttle

__all__ = ["Entrance", "Submissions"]

log = structlog.get_logger(__name__)

_Submission = JobSubmitted | CancelSubmitted
_OF_STRANGERS = frozenset({Code.INVALID_TOKEN, Code.INVALID_VALUE})
_OTHER_WORDS = {"token", "account", "at", "submission"}


class _Refused(Exception):
    """`code` is of the table of codes."""

    def __init__(self, code: Code, detail: str | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = detail or code.summary


@dataclass(frozen=True)
class Entrance:
    """What a submission passes on its way in."""

    desk: Desk
    keyring: Keyring
    tokens: TokenSigner
    catalogue: Catalogue
    has_upload: Callable[[str], Awaitable[bool]]
    moderator: Moderator


class Submissions:
    """The handler of `submissions`. Strangers write there: nothing is trusted.

    The same submission twice is one job, also once quota has rejected it. What can't become a job
    is refused in public, as far as an account's refusals are not too many to be read by anybody.
    """

    def __init__(
        self, entrance: Entrance, turned_away: TurnedAways, throttle: Throttle, clock: Clock
    ) -> None:
        self._in = entrance
        self._turned_away = turned_away
        self._throttle = throttle
        self._refusals = Throttle(clock, rate=1, burst=100)
        self._strangers = Throttle(clock, rate=1, burst=500)
        self._clock = clock

    async def __call__(self, envelope: Envelope[Event]) -> None:
        event = envelope.data
        if not isinstance(event, _Submission):
            return
        try:
            caller = await self._caller(event)
            match event:
                case JobSubmitted():
                    await self._submit(caller, event)
                case CancelSubmitted():
                    await self._cancel(caller, event)
        except _Refused as refused:
            await self._refuse(event.account, event.submission, refused)

    async def unreadable(self, error: DecodeError) -> bool:
        """Refuses what is no submission, if it says whose it is; else it is a dead letter."""
        try:
            told: dict[str, Any] = json.loads(error.raw.value or b"")
            account, submission = AccountId(told["account"]), SubmissionId(told["submission"])
        except (ValueError, KeyError, TypeError):
            return False
        await self._refuse(account, submission, _Refused(Code.INVALID_VALUE, error.detail))
        return True

    async def _caller(self, event: _Submission) -> Caller:
        try:
            claims = self._in.tokens.open(event.token.get_secret_value(), self._clock.now())
            if claims.account != event.account:
                raise _Refused(Code.INVALID_TOKEN)
            caller = await self._in.keyring.holder(claims.key)
        except (TokenInvalid, KeyRefused) as error:
            code = error.code if isinstance(error, KeyRefused) else Code.INVALID_TOKEN
            raise _Refused(code) from error
        if Scope.JOBS_WRITE not in caller.scopes:
            raise _Refused(Code.INSUFFICIENT_SCOPE)
        if not self._throttle.passes(caller.account):
            raise _Refused(Code.TOO_MANY_REQUESTS)
        return caller

    async def _submit(self, caller: Caller, event: JobSubmitted) -> None:
        order = self._order(caller, event)
        await self._check_photos(event)
        verdict = await verdict_on(self._in.moderator, event.prompt)
        if verdict.refused:
            raise _Refused(Code.CONTENT_REFUSED, ", ".join(verdict.categories))
        try:
            await self._in.desk.take(order)
        except IdempotencyKeyReused as error:
            raise _Refused(Code.IDEMPOTENCY_KEY_REUSED) from error

    def _order(self, caller: Caller, event: JobSubmitted) -> Order:
        try:
            wish = _wish(event)
            spec, model = job_spec(wish, self._in.catalogue, secrets.randbelow(SEEDS))
        except SpecError as error:
            raise _Refused(Code.named(error.flaw.value), error.detail) from error
        said = event.model_dump(mode="json", exclude=_OTHER_WORDS)
        return Order(
            caller=caller,
            spec=spec,
            units=units(spec, model),
            digest=body_digest("submissions", said),
            idempotency_key=key_of_submission(event.submission),
            allow_deferred=event.allow_deferred,
            allow_degraded=event.allow_degraded,
            lighter=lighter_render(spec, model),
            start_by=event.start_by,
            origin=Origin.KAFKA,
            submission=event.submission,
        )

    async def _check_photos(self, event: JobSubmitted) -> None:
        for upload in (*event.images, *((event.mask,) if event.mask else ())):
            if not await self._in.has_upload(upload_key(event.account, upload)):
                raise _Refused(Code.INVALID_VALUE, f"There is no upload {upload}.")

    async def _cancel(self, caller: Caller, event: CancelSubmitted) -> None:
        job = event.job or await self._job_of(caller, event.cancels)
        try:
            found = await self._in.desk.cancel(caller.account, job) if job else None
        except AlreadyEnded:
            return
        if found is None:
            raise _Refused(Code.NOT_FOUND)

    async def _job_of(self, caller: Caller, name: SubmissionId | None) -> JobId | None:
        job = await self._in.desk.submitted(caller.account, name) if name else None
        return job.id if job else None

    async def _refuse(
        self, account: AccountId, submission: SubmissionId, refused: _Refused
    ) -> None:
        metrics.SUBMISSIONS_REFUSED.add(1, code=refused.code.value)
        told = self._refusals.passes(account) and self._known(refused)
        if told:
            code = refused.code.value
            await self._turned_away.refuse(account, submission, code, refused.detail)
        log.info(
            "submission_refused",
            account=str(account),
            submission=str(submission),
            code=refused.code.value,
            told=told,
        )

    def _known(self, refused: _Refused) -> bool:
        """What no good token came with may name any account: all of that shares one bucket."""
        return refused.code not in _OF_STRANGERS or self._strangers.passes("all")


def _wish(event: JobSubmitted) -> Wish:
    """Raises SpecError."""
    if len(event.images) > 1:
        raise SpecError(Flaw.INVALID_VALUE, "images", "The models served here take one.")
    photo = event.images[0] if event.images else None
    if event.mask and photo is None:
        raise SpecError(Flaw.INVALID_VALUE, "mask", "A mask belongs to a photo.")
    return Wish(
        prompt=event.prompt,
        model=event.model,
        negative_prompt=event.negative_prompt,
        n=event.n,
        size=event.size,
        steps=event.steps,
        guidance=event.guidance,
        seed=event.seed,
        photo=photo,
        mask=event.mask,
        strength=event.strength,
        output_format=event.output_format,
    )
