"""The retention table is complete, and its numbers are those that the services go by."""

import importlib
import pkgutil
from datetime import timedelta
from typing import Any

import pytest

import services
from services.contracts.retention import RETENTION, Goes, Kept
from services.gateway.settings import GatewaySettings
from services.kit.documents import CollectionSpec, RowsSpec
from services.kit.settings import ServiceSettings
from services.notify.settings import NotifySettings
from services.quota.core import LEDGER
from services.render.core import RETENTION as ENDS_KEPT
from services.render.settings import RenderSettings

SERVICES = ("gateway", "quota", "render", "notify")
SETTINGS: dict[str, type[ServiceSettings]] = {
    "GATEWAY": GatewaySettings,
    "NOTIFY": NotifySettings,
    "RENDER": RenderSettings,
}
Spec = CollectionSpec[Any] | RowsSpec[Any]


def specs() -> set[tuple[str, str]]:
    """Every collection that any module of a service names, and whose it is."""
    found = set()
    for module in pkgutil.walk_packages(services.__path__, "services."):
        owner = module.name.split(".")[1]
        if owner in SERVICES and ".engine" not in module.name and "__main__" not in module.name:
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, CollectionSpec | RowsSpec):
                    found.add((owner, value.name))
    return found


def in_table() -> set[tuple[str, str]]:
    return {
        (owner, kept.collection)
        for kept in RETENTION
        if kept.collection
        for owner in kept.place.split(", ")
    }


def test_every_collection_is_in_the_table_and_the_table_names_no_other() -> None:
    assert specs() == in_table()


def default(setting: str) -> timedelta | None:
    _, service, *words = setting.split("_")
    name = "_".join(words).lower()
    value = SETTINGS[service].model_fields[name].default
    unit = name.rpartition("_")[2]
    return None if value is None else timedelta(**{unit: value})


@pytest.mark.parametrize(
    "kept", [kept for kept in RETENTION if kept.setting], ids=lambda kept: kept.what
)
def test_a_setting_is_there_and_its_default_is_the_tables(kept: Kept) -> None:
    assert kept.setting
    assert kept.span in {default(kept.setting), None}


def spans(collection: str) -> set[timedelta | None]:
    return {kept.span for kept in RETENTION if kept.collection == collection}


def test_what_no_setting_says_is_what_the_code_says() -> None:
    [by_age] = [index.expire_after for index in LEDGER.indexes if index.expire_after]
    assert spans("ledger") == {by_age}
    assert ENDS_KEPT in spans("queue")


def test_everything_has_an_end() -> None:
    ways = {Goes.INDEX, Goes.SWEEP, Goes.TOPIC}
    assert [kept for kept in RETENTION if kept.goes in ways and not kept.kept] == []
