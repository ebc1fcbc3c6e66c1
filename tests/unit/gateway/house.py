"""Gateway's whole HTTP side on parts in memory, with keys and a client."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
from pydantic import SecretStr

from services.contracts import AccountId, Envelope, Event, EventId, JobId, KeyId
from services.contracts.events import (
    AccountStatus,
    JobRequested,
    LimitsChanged,
    LoadReported,
    Scope,
    UsageChanged,
)
from services.gateway.acts import Acts
from services.gateway.api import ApiSettings, Gateway, Tables, create_app, guarded
from services.gateway.batches import BATCHES, Batches
from services.gateway.core.acceptance import Outlook
from services.gateway.core.account import Account, ApiKey, open_account
from services.gateway.core.audit import ACTS
from services.gateway.core.cursor import CursorSealer
from services.gateway.core.links import LinkSigner
from services.gateway.core.tokens import TokenSigner
from services.gateway.desk import Desk, DeskSettings
from services.gateway.failures import AuthFailures
from services.gateway.feeder import Feeder
from services.gateway.handlers import Projection
from services.gateway.keyring import Keyring
from services.gateway.photos.decoder import Decoder
from services.gateway.repository import ACCOUNTS, JOBS, Accounts, Jobs
from services.gateway.submissions import Entrance, Submissions
from services.gateway.turned_away import TURNED_AWAY, TurnedAways
from services.gateway.waiters import Waiters
from services.kit import keys
from services.kit.blobs import MemoryBlobs
from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments, MemoryRows
from services.kit.erasures import ERASURES, Erasures
from services.kit.http import Limits
from services.kit.moderation import WordList, Words
from services.kit.moderation.words import Category
from services.kit.seats import Seats
from services.kit.throttle import Throttle
from tests.documented import Documented
from tests.unit.gateway.catalogue import CATALOGUE
from tests.unit.gateway.stories import NOW, Story

__all__ = ["PNG", "House"]

E = TypeVar("E", bound=Event)

PEPPER = SecretStr("a pepper for tests")
PNG = b"\x89PNG"
WORDS = Words(
    categories={
        "violence": Category(words=("blood bath",)),
        "hate": Category(words=("slur",), always=True),
    }
)
BOTH = (Scope.JOBS_READ, Scope.JOBS_WRITE)


class House:
    """What the wiring makes, on fakes; `call` speaks HTTP to it and checks what it documents."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.job_documents = MemoryDocuments(JOBS, self.clock, "gateway")
        act_rows = MemoryRows(ACTS)
        self.acts = Acts(act_rows)
        self.account_documents = MemoryDocuments(
            ACCOUNTS, self.clock, "gateway", collections=(act_rows,)
        )
        self.jobs = Jobs(self.job_documents)
        self.accounts = Accounts(self.account_documents, self.clock)
        self.batch_documents = MemoryDocuments(BATCHES, self.clock, "gateway")
        self.batches = Batches(self.batch_documents)
        self.waiters = Waiters(self.clock)
        self.projection = Projection(self.jobs)
        self.blobs = MemoryBlobs()
        self.decoder = Decoder()
        self.usage: dict[str, UsageChanged] = {}
        self.limits: dict[str, LimitsChanged] = {}
        self.load: dict[str, LoadReported] = {}
        self.outlook = Outlook()
        self.waits = Seats("waiting calls", 10, self.clock.monotonic)
        self.links = LinkSigner([b"links"])
        self.tokens = TokenSigner([b"a secret of at least 32 bytes"])
        self.turned_away_documents = MemoryDocuments(TURNED_AWAY, self.clock, "gateway")
        self.turned_away = TurnedAways(self.turned_away_documents, self.clock)
        self.keyring = Keyring(self.accounts, PEPPER, self.clock)
        self.gone = MemoryDocuments(ERASURES, self.clock, "gateway")
        self.erasures = Erasures(self.gone, self.clock)
        gateway = self._gateway()
        self.app = create_app(gateway)
        entrance = Entrance(
            desk=gateway.desk,
            keyring=self.keyring,
            tokens=self.tokens,
            catalogue=CATALOGUE,
            has_upload=self.blobs.exists,
            moderator=gateway.moderator,
        )
        throttle = Throttle(self.clock, rate=1, burst=5)
        self.submissions = Submissions(entrance, self.turned_away, throttle, self.clock)
        self.feeder = Feeder(
            self.batches,
            self.accounts,
            gateway.desk,
            gateway.moderator,
            self.clock,
            limits=self.limits.get,
        )
        limits = Limits(body_bytes=1_048_576, body_seconds=0.2)
        self.guard = guarded(self.app, limits, Limits(body_bytes=4_194_304, body_seconds=5))
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.guard, raise_app_exceptions=False),
            base_url="http://heatsink.test",
            event_hooks={"response": [Documented(self.app).check]},
        )

    async def open(
        self,
        plan: str = "free",
        *,
        scopes: tuple[Scope, ...] = BOTH,
        status: AccountStatus = AccountStatus.ACTIVE,
        **key: Any,
    ) -> "Tenant":
        """A new account with one key."""
        made = keys.new_key()
        secret_hash = keys.hash_secret(PEPPER, made.secret)
        api_key = ApiKey(made.id, "test", secret_hash, scopes, NOW, **key)
        account = open_account(AccountId.new(NOW), "Ada", plan, NOW, [api_key])
        account = Account(**{**vars(account), "status": status})
        await self.accounts.open(account)
        return Tenant(self, account.id, made.id, made.plain)

    @property
    def requested(self) -> list[JobRequested]:
        return [event for event in self.job_documents.events if isinstance(event, JobRequested)]

    def hear(self, *events: Event) -> None:
        """The tail, without the group: the database does not know yet."""
        for event in events:
            self.waiters.hear(self.envelope(event))

    async def project(self, *events: Event) -> None:
        """The group, without the tail."""
        for event in events:
            await self.projection(self.envelope(event))

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not met():  # noqa: ASYNC110 - the fakes have nothing to wait on
                await asyncio.sleep(0)

    @asynccontextmanager
    async def answering(
        self, *tell: Callable[[Story], Event], images: int = 1
    ) -> AsyncIterator[None]:
        """While the block lasts, tells this of each job that is asked for."""

        async def run() -> None:
            told = 0
            while True:
                for asked in self.requested[told:]:
                    story = Story(asked.job, asked.account)
                    for index in range(images):
                        key = story.completed(images).images[index].blob
                        await self.blobs.put(key, PNG, media_type="image/png")
                    self.hear(*(each(story) for each in tell))
                    told += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(run())
        try:
            yield
        finally:
            task.cancel()

    def _gateway(self) -> Gateway:
        desk = Desk(self.jobs, self.waiters, self.clock, lambda: self.outlook, DeskSettings())
        return Gateway(
            settings=ApiSettings(
                "http://heatsink.test", "http://events.test/v1/events", 1_700_000_000
            ),
            catalogue=CATALOGUE,
            clock=self.clock,
            desk=desk,
            jobs=self.jobs,
            batches=self.batches,
            waiters=self.waiters,
            accounts=self.accounts,
            acts=self.acts,
            erasures=self.erasures,
            keyring=self.keyring,
            failures=AuthFailures(self.clock),
            tables=Tables(self.usage, self.limits, self.load),
            pictures=self.blobs,
            decoder=self.decoder,
            moderator=WordList(WORDS),
            links=self.links,
            tokens=self.tokens,
            cursors=CursorSealer(b"cursors"),
            turned_away=self.turned_away,
            pepper=PEPPER,
            waits=self.waits,
        )

    def envelope(self, event: E) -> Envelope[E]:
        return Envelope(EventId.new(self.clock.now()), "test", event)


class Tenant:
    """An account with a key, and HTTP calls made with it."""

    def __init__(self, house: House, account: AccountId, key: KeyId, plain: str) -> None:
        self.house = house
        self.account = account
        self.key = key
        self.plain = plain

    async def get(self, path: str, **given: Any) -> httpx2.Response:
        return await self.call("GET", path, **given)

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, **given: Any
    ) -> httpx2.Response:
        return await self.call("POST", path, body, **given)

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        given = {"authorization": f"Bearer {self.plain}", **(headers or {})}
        if body is not None:
            given.setdefault("content-type", "application/json")
        content = None if body is None else json.dumps(body)
        client = self.house.client
        return await client.request(method, path, content=content, headers=given)

    async def send(
        self, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, Any]]
    ) -> httpx2.Response:
        """A multipart form."""
        given = {"authorization": f"Bearer {self.plain}"}
        client = self.house.client
        return await client.post(path, data=dict(fields), files=list(files), headers=given)

    async def draw(self, **headers: str) -> JobId:
        """A job, asked for and not yet decided."""
        spelt = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.post("/v1/jobs", {"prompt": "a red fox"}, headers=spelt)
        assert response.status_code == 202, response.text
        return JobId(response.json()["id"])
