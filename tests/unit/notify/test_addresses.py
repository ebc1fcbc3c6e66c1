"""Where webhooks may go: every row of security.md's list, and the property behind it."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.core.address import (
    Refusal,
    TargetRefused,
    TargetRules,
    is_allowed,
    parse_target,
)

PUBLIC = TargetRules()
OWN = TargetRules(networks=(ip_network("10.1.0.0/16"),), http=True)


def refusal(url: str, rules: TargetRules = PUBLIC) -> Refusal | None:
    try:
        parse_target(url, rules)
    except TargetRefused as refused:
        return refused.refusal
    return None


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/h?a=b",
        "https://hooks.example.com:443",
        "https://HOOKS.example.com/",
        "https://b\u00fccher.example/h",
        "https://a.b-c.d.example/" + "x" * 1900,
    ],
)
def test_a_public_https_address_is_taken(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "ftp://a.example",
        "file:///etc/passwd",
        "gopher://a.example",
        "data:,x",
        "a.example/h",
        "//a.example",
    ],
)
def test_another_scheme_is_refused(url: str) -> None:
    assert refusal(url) is Refusal.SCHEME


@pytest.mark.parametrize(
    "url",
    [
        "https:///x",
        "https://user:secret@a.example",
        "https://user@a.example",
        "https://a.example/#part",
        "https://a.example/" + "x" * 2048,
        "https://a.example/\x00",
        "https://a.ex\tample/",
        "https://a.example\\@b.example/",
        "https://a.example:port/",
        "https://a.example:99999/",
        "https://a..example/",
        "https://-a.example/",
        "https://a_b.example/",
        "https://[::1",
        " https://a.example",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(url: str) -> None:
    assert refusal(url) is Refusal.INVALID


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "[::1]",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0", "10.0.0.1", "172.16.0.1",
        "192.168.0.1", "100.64.0.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]",
        "224.0.0.1", "255.255.255.255", "8.8.8.8.", "a.0x10",
        "localhost", "LOCALHOST", "metadata.google.internal", "x.svc.cluster.local", "x.cluster",
        "printer.local", "intranet", "a.example.", "\u24db\u24de\u24d2alhost", "foo.localhost",
    ],
)  # fmt: skip
def test_what_leads_inside_is_refused(host: str) -> None:
    assert refusal(f"https://{host}/h") is Refusal.NOT_PUBLIC


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 8443, 9092, 27017])
def test_another_port_is_refused(port: int) -> None:
    assert refusal(f"https://a.example:{port}/") is Refusal.PORT


def test_an_operator_opens_networks_of_its_own_and_nothing_else() -> None:
    assert parse_target("http://10.1.2.3:8080/h", OWN).port == 8080
    assert refusal("http://service:8080/h", OWN) is None
    assert refusal("http://10.2.0.1:8080/h", OWN) is Refusal.NOT_PUBLIC
    assert is_allowed("10.1.2.3", OWN)
    assert not is_allowed("10.2.0.1", OWN)
    assert not is_allowed("127.0.0.1", OWN)


def test_the_authority_names_the_port_only_where_it_is_unusual() -> None:
    assert parse_target("https://a.example/h", PUBLIC).authority == "a.example"
    assert parse_target("http://a.example:81/h", OWN).authority == "a.example:81"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("2001:0:a00:1::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("no address", False),
    ],
)
def test_an_address_is_judged_by_what_it_stands_for(address: str, allowed: bool) -> None:
    assert is_allowed(address, PUBLIC) is allowed


@given(st.ip_addresses())
def test_no_address_that_is_not_global_is_ever_allowed(address: object) -> None:
    if is_allowed(str(address), PUBLIC):
        assert ip_address(str(address)).is_global or "::ffff:" in str(address)


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_an_address_or_is_refused(host: str, rest: str) -> None:
    try:
        target = parse_target(f"https://{host}/{rest}", PUBLIC)
    except TargetRefused:
        return
    assert target.host.isascii()
    assert target.port == 443
