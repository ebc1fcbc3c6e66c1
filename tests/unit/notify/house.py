"""Notify's routes on fakes, and keys that open them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from services.contracts import AccountId, KeyId
from services.contracts.events import AccountChanged, AccountStatus, KeyGrant, Scope
from services.kit import keys
from services.kit.documents import MemoryDocuments
from services.kit.http import protect
from services.kit.throttle import Throttle
from services.notify.api import Notify, create_app
from services.notify.core.address import TargetRules
from services.notify.core.subscription import PUSH_SERVICES
from services.notify.deliveries.challenge import Challenger
from services.notify.deliveries.limits import LimitsFanOut
from services.notify.deliveries.outside import Outside
from services.notify.deliveries.sender import Answer
from services.notify.hub import Hub
from services.notify.keyring import KEYS, Keyring
from services.notify.tickets import TICKETS, Tickets
from tests.documented import Documented
from tests.unit.notify.fakes import ACCOUNT, NOW
from tests.unit.notify.hooks import Hooks, Post

__all__ = ["House", "echo", "house"]

PEPPER = SecretStr("a pepper of the tests")
_BOTH = (Scope.JOBS_READ, Scope.JOBS_WRITE)


def echo(post: Post) -> Answer:
    told = json.loads(post.body)
    return Answer(200, told["data"].get("challenge", "").encode())


@dataclass
class House:
    hooks: Hooks
    client: httpx2.AsyncClient
    keyring: Keyring
    hub: Hub
    tickets: Tickets
    api: FastAPI
    app: ASGIApp
    connections: int = 3

    async def key_id(self) -> KeyId:
        """Of a new key."""
        header = await self.key()
        return keys.parse(header["authorization"].removeprefix("Bearer ")).id

    async def key(
        self, account: AccountId = ACCOUNT, scopes: tuple[Scope, ...] = _BOTH
    ) -> dict[str, str]:
        """The header of a new key."""
        made = keys.new_key()
        grant = KeyGrant(
            id=made.id, secret_hash=keys.hash_secret(PEPPER, made.secret), scopes=scopes
        )
        status = AccountStatus.ACTIVE
        await self.keyring.learn(
            AccountChanged(
                at=NOW, account=account, version=1, plan="pro", status=status, keys=(grant,)
            )
        )
        return {"authorization": f"Bearer {made.plain}"}


@pytest.fixture
async def house() -> AsyncIterator[House]:
    hooks = Hooks()
    hooks.receiver.says = echo
    keyring = Keyring(MemoryDocuments(KEYS, hooks.clock, "notify"))
    hub = Hub(per_account=House.connections)
    tickets = Tickets(MemoryDocuments(TICKETS, hooks.clock, "notify"), hooks.clock)
    outside = Outside(
        endpoints=hooks.endpoints,
        deliveries=hooks.deliveries,
        fanout=hooks.fanout,
        limits=LimitsFanOut(
            hooks.endpoints, hooks.deliveries, keyring, hooks.clock, hooks.deliverer.wake
        ),
        deliverer=hooks.deliverer,
        challenger=Challenger(hooks.receiver, TargetRules(), hooks.clock),
        vapid=hooks.vapid,
        sealer=hooks.sealer,
    )
    notify = Notify(
        feeds=hooks.feeds,
        hub=hub,
        keyring=keyring,
        pepper=PEPPER,
        clock=hooks.clock,
        stream_seconds=60,
        kept_for=timedelta(days=7),
        origins=frozenset({"https://app.example"}),
        tickets=tickets,
        outside=outside,
        rules=TargetRules(),
        push_services=PUSH_SERVICES,
        challenges=Throttle(hooks.clock, rate=1 / 30, burst=30),
    )
    api = create_app(notify)
    app = protect(api)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app),
        base_url="http://push.test",
        event_hooks={"response": [Documented(api).check]},
    ) as client:
        yield House(hooks, client, keyring, hub, tickets, api, app)
