"""Limits are a plan's, not an account's: endpoints that want to hear of them are found by that."""

from collections.abc import Callable

from services.contracts import AccountId, Envelope, Event
from services.contracts.events import LimitsChanged
from services.kit.clock import Clock
from services.notify.core import live_notice
from services.notify.deliveries.contents import limits_delivery
from services.notify.deliveries.store import Deliveries, Endpoints
from services.notify.keyring import Keyring

__all__ = ["LimitsFanOut"]


_Gist = tuple[str, str, float, int]


class LimitsFanOut:
    """One delivery for each endpoint of an account on the plan, by the event's own id: once.

    What is only repeated, as quota does for those who may have missed it, is no news.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        deliveries: Deliveries,
        keyring: Keyring,
        clock: Clock,
        told: Callable[[], None],
    ) -> None:
        """`told` is called when something is due."""
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._keyring = keyring
        self._clock = clock
        self._told = told
        self._last: dict[str, _Gist] = {}

    async def __call__(self, envelope: Envelope[Event]) -> None:
        """Raises Unavailable."""
        event, news = envelope.data, live_notice(envelope.data)
        if not isinstance(event, LimitsChanged) or news is None:
            return
        if self._last.get(event.key) == _gist(event):
            return
        on_plan: dict[AccountId, bool] = {}
        async for endpoint in self._endpoints.hearing_limits():
            account = endpoint.account
            if account not in on_plan:
                on_plan[account] = await self._keyring.plan_of(account) == event.plan
            if on_plan[account] and endpoint.wants(news.type):
                now = self._clock.now()
                await self._deliveries.add(limits_delivery(endpoint, envelope, news, now))
                self._told()
        self._last[event.key] = _gist(event)


def _gist(event: LimitsChanged) -> _Gist:
    return event.rule, event.heat.value, event.m, event.images
