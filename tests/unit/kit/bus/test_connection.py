import ssl

from services.contracts import Stream
from services.kit.bus import Connection, Security, SecurityProtocol


def test_names_bear_the_prefix() -> None:
    connection = Connection("localhost:9092", topic_prefix="blue")

    assert connection.topic(Stream.USAGE) == "blue.usage.v1"
    assert connection.stream("blue.usage.v1") is Stream.USAGE
    assert connection.stream("heatsink.usage.v1") is None
    assert connection.group("quota") == "blue.quota"


def test_a_plain_connection_says_nothing_about_secrets() -> None:
    assert Connection("localhost:9092").options() == {
        "bootstrap_servers": "localhost:9092",
        "client_id": "heatsink",
        "security_protocol": "PLAINTEXT",
    }


def test_a_password_is_used_and_never_shown() -> None:
    security = Security(SecurityProtocol.SASL_SSL, username="heatsink", password="hunter2")
    options = Connection("localhost:9092", security=security).options()

    assert options["sasl_plain_password"] == "hunter2"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].check_hostname
    assert "hunter2" not in repr(security)
