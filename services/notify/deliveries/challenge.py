"""Whoever names an address must own it: it answers with what only it was told."""

import secrets

from services.kit.clock import Clock
from services.kit.http import ApiError, Code
from services.notify.core.address import TargetRefused, TargetRules, parse_target
from services.notify.core.delivery import Outcome
from services.notify.deliveries.contents import body_of
from services.notify.deliveries.sender import Sender, SendFailed
from services.notify.deliveries.signing import signed

__all__ = ["Challenger"]

_TYPE = "webhook.challenge"


class Challenger:
    """So the service can't be aimed at a stranger who never asked for it."""

    def __init__(self, sender: Sender, rules: TargetRules, clock: Clock) -> None:
        self._sender = sender
        self._rules = rules
        self._clock = clock

    async def challenge(self, url: str, secret: str) -> None:
        """Raises ApiError."""
        try:
            parse_target(url, self._rules)
        except TargetRefused as refused:
            raise _wrong(Code.named(refused.refusal.value), refused.detail) from refused
        now, word = self._clock.now(), secrets.token_urlsafe(24)
        body = body_of(_TYPE, now, {"challenge": word})
        headers = signed(f"challenge_{word}", body, (secret,), now)
        try:
            answer = await self._sender.send(url, headers, body.encode())
        except SendFailed as failed:
            code = Code.WEBHOOK_NOT_VERIFIED
            if failed.outcome is Outcome.BLOCKED_ADDRESS:
                code = Code.WEBHOOK_ADDRESS_NOT_PUBLIC
            raise _wrong(code, f"It could not be asked: {failed.outcome}.") from failed
        if answer.status not in range(200, 300) or word.encode() not in answer.body:
            detail = f"It answered {answer.status}, without the challenge."
            raise _wrong(Code.WEBHOOK_NOT_VERIFIED, detail)


def _wrong(code: Code, detail: str) -> ApiError:
    return ApiError.of_field("/url", code, detail)
