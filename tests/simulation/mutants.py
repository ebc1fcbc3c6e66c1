"""Faults made on purpose: each takes one promise's ground away, for the machine to find out."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest

from services.kit.bus.prefix import OffsetPrefix
from services.kit.documents.matching import unique_key
from services.kit.documents.mongo import MongoDocuments
from services.notify.core import Notice, Notification
from services.notify.repository import RowFeeds
from services.quota.core import admission
from services.quota.core.account import AccountQuota
from services.quota.core.refusal import Refusal, weigh
from services.quota.core.terms import Terms
from services.render import handlers as intake
from services.render.core import Ended, Running, admit, settling
from services.render.images import Images
from tests.simulation import database

__all__ = ["MUTANTS", "Mutant"]

Patch: TypeAlias = pytest.MonkeyPatch
Mutant: TypeAlias = Callable[[Patch], None]


def offsets_are_committed_before_outcomes(patch: Patch) -> None:
    begin, finish = OffsetPrefix.begin, OffsetPrefix.finish

    def done_at_once(prefix: OffsetPrefix, offset: int) -> None:
        begin(prefix, offset)
        finish(prefix, offset)

    patch.setattr(OffsetPrefix, "begin", done_at_once)
    patch.setattr(OffsetPrefix, "finish", lambda _prefix, _offset: None)


def offsets_are_committed_over_a_gap(patch: Patch) -> None:
    finish = OffsetPrefix.finish

    def leap(prefix: Any, offset: int) -> None:
        finish(prefix, offset)
        prefix._next = max(prefix._next or 0, offset + 1)

    patch.setattr(OffsetPrefix, "finish", leap)


def writes_compare_nothing(patch: Patch) -> None:
    update = database.Table.update

    def blindly(table: Any, where: Any, change: Any) -> int:
        guards = {"version", "by"} if "by" in where else set()
        return update(table, {key: where[key] for key in where if key not in guards}, change)

    patch.setattr(database.Table, "update", blindly)


def events_are_not_stored_with_the_state(patch: Patch) -> None:
    """They are told by whoever saved it, if it lives on."""
    save = MongoDocuments._save

    async def bare(documents: Any, *arguments: Any) -> Any:
        saved = await save(documents, *arguments)
        if saved and saved["outbox"] and documents._relay:
            table = documents._store._tables[documents._name]
            left = {**table.documents[saved["_id"]], "outbox": []}
            left.pop("pending", None)
            table.documents[saved["_id"]] = left
        return saved

    patch.setattr(MongoDocuments, "_save", bare)


def an_ended_job_is_admitted_again(patch: Patch) -> None:
    patch.setattr(intake, "expects", lambda _entry: True)
    patch.setattr(
        intake,
        "admit",
        lambda entry, *rest, **more: admit(
            None if isinstance(entry, Ended) else entry, *rest, **more
        ),
    )


def the_fence_is_not_checked(patch: Patch) -> None:
    patch.setattr(
        settling, "held", lambda entry, _claim: entry if isinstance(entry, Running) else None
    )


def a_request_may_pass_the_limit_by_one(patch: Patch) -> None:

    def kindly(account: Any, terms: Any, facts: Any, doorway: Any) -> Any:
        verdict = weigh(account, terms, facts, doorway)
        over = facts.used + facts.units - facts.limit
        return terms if isinstance(verdict, Refusal) and terms and over == 1 else verdict

    patch.setattr(admission, "weigh", kindly)


def the_window_ends_a_second_early(patch: Patch) -> None:
    leaves_at = Terms.leaves_at

    def early(terms: Terms, granted: datetime) -> datetime:
        return leaves_at(terms, granted) - timedelta(seconds=1)

    patch.setattr(Terms, "leaves_at", early)


def a_repeated_reservation_is_a_new_one(patch: Patch) -> None:
    patch.setattr(AccountQuota, "remembers", lambda _account, _job: False)


def idempotency_keys_are_not_unique(patch: Patch) -> None:
    patch.setattr(
        database,
        "unique_key",
        lambda stored, index: (
            None if index.fields == ("state.idempotency",) else unique_key(stored, index)
        ),
    )


def pictures_are_stored_after_the_outcome(patch: Patch) -> None:
    store = Images._store

    async def meanwhile(images: Any, *arguments: Any) -> Any:
        storing: list[asyncio.Task[Any]] = []
        put = images._blobs.put

        class Later:
            async def put(self, *content: Any, **more: Any) -> None:
                storing.append(asyncio.create_task(put(*content, **more)))

        return await store(Images(Later()), *arguments)  # type: ignore[arg-type]

    patch.setattr(Images, "_store", meanwhile)


def feeds_take_what_comes(patch: Patch) -> None:
    append = RowFeeds.append

    async def none_before(*_: object) -> tuple[int, ...]:
        return (-1,)

    async def once(feeds: RowFeeds, notice: Notice) -> Notification | None:
        return None if await feeds._rows.get(notice.event) else await append(feeds, notice)

    patch.setattr(RowFeeds, "_rank", none_before)
    patch.setattr(RowFeeds, "append", once)


MUTANTS: tuple[Mutant, ...] = (
    offsets_are_committed_before_outcomes,
    offsets_are_committed_over_a_gap,
    writes_compare_nothing,
    events_are_not_stored_with_the_state,
    an_ended_job_is_admitted_again,
    the_fence_is_not_checked,
    a_request_may_pass_the_limit_by_one,
    the_window_ends_a_second_early,
    a_repeated_reservation_is_a_new_one,
    idempotency_keys_are_not_unique,
    pictures_are_stored_after_the_outcome,
    feeds_take_what_comes,
)
