"""Every document that the four services keep of jobs and accounts, as it lies there."""

from typing import Any

from pymongo import MongoClient

__all__ = ["Snapshot", "snapshot"]

Snapshot = dict[tuple[str, str, str], dict[str, Any]]
"""Whole documents by database, collection and id."""

_KEPT = {
    "gateway": ("jobs", "accounts"),
    "quota": ("accounts", "ledger"),
    "render": ("queue",),
    "notify": ("notifications", "heads"),
}


def snapshot(url: str, prefix: str = "heatsink") -> Snapshot:
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        return {
            (service, name, str(document["_id"])): document
            for service, collections in _KEPT.items()
            for name in collections
            for document in client[f"{prefix}_{service}"][name].find()
        }
