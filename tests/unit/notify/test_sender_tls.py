"""Webhooks go to whom they are meant for, or nowhere: certificates are always checked."""

import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from services.notify.core.address import TargetRules
from services.notify.core.delivery import Outcome
from services.notify.deliveries.sender import Answer, Sender, SendFailed
from tests.unit.notify.certificates import Authority
from tests.unit.notify.test_sender import OK, sink

HOST = "hook.example"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.new(tmp_path)


async def sent(serving: ssl.SSLContext, trust: ssl.SSLContext) -> Answer | Outcome:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with sink(OK, serving) as there:
        rules = TargetRules((ip_network("127.0.0.0/8"),), frozenset({there.port}))
        sender = Sender(rules, seconds=5, resolve=resolve, trust=trust)
        try:
            answer: Answer | Outcome = await sender.send(f"https://{HOST}:{there.port}/", {}, b"{}")
        except SendFailed as failed:
            answer = failed.outcome
        finally:
            await sender.close()
        assert b"POST" in there.read or not isinstance(answer, Answer)
    return answer


async def test_a_good_certificate_for_the_name_is_taken_though_an_address_is_connected_to(
    authority: Authority,
) -> None:
    assert await sent(authority.serving(HOST), authority.trusting()) == Answer(200, b"hi", "7")


async def test_one_for_another_name_is_not(authority: Authority) -> None:
    serving = authority.serving("another.example")
    assert await sent(serving, authority.trusting()) is Outcome.TLS_ERROR


async def test_one_that_has_expired_is_not(authority: Authority) -> None:
    serving = authority.serving(HOST, age=timedelta(days=2))
    assert await sent(serving, authority.trusting()) is Outcome.TLS_ERROR


async def test_one_that_signed_itself_is_not(authority: Authority) -> None:
    serving = authority.serving(HOST, signed=False)
    assert await sent(serving, authority.trusting()) is Outcome.TLS_ERROR


async def test_an_authority_of_the_tests_is_trusted_by_nobody_else(authority: Authority) -> None:
    public = ssl.create_default_context()
    assert await sent(authority.serving(HOST), public) is Outcome.TLS_ERROR
