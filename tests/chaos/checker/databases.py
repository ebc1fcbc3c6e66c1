"""Reads the services' databases by the driver alone."""

from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient

from tests.chaos.checker.evidence import Stored

__all__ = ["read"]

_WITH_OUTBOX = {
    "gateway": ("jobs", "accounts"),
    "quota": ("accounts", "limits"),
    "render": ("queue",),
    "notify": (),
}
_OWNER = ("_id", "state.account", "state.order.account")
_WITHIN_MS = 5_000


def read(url: str, prefix: str, accounts: frozenset[str]) -> Stored:
    """Raises PyMongoError where the database does not answer."""
    client: MongoClient[Mapping[str, Any]] = MongoClient(
        url, serverSelectionTimeoutMS=_WITHIN_MS, tz_aware=True
    )
    mine = {"$in": sorted(accounts)}
    with client:
        quota, render = client[f"{prefix}_quota"], client[f"{prefix}_render"]
        entries = [
            *render["queue"].find({"state.account": mine}, {"outbox": 0}),
            *render["queue"].find({"state.order.account": mine}, {"outbox": 0}),
        ]
        return Stored(
            jobs=_all(client[f"{prefix}_gateway"]["jobs"].find({"state.account": mine})),
            grants=_all(quota["accounts"].find({"_id": mine})),
            ledger=_all(quota["ledger"].find({"account": mine})),
            entries=_all(entries),
            feed=_all(client[f"{prefix}_notify"]["notifications"].find({"account": mine})),
            unpublished=[
                (f"{service}.{collection}/{document['_id']}", document.get("pending"))
                for service, collections in _WITH_OUTBOX.items()
                for collection in collections
                for document in client[f"{prefix}_{service}"][collection].find(
                    {"pending": {"$exists": True}, "$or": [{name: mine} for name in _OWNER]},
                    {"pending": 1},
                )
            ],
        )


def _all(found: Any) -> list[dict[str, Any]]:
    return [dict(document) for document in found]
