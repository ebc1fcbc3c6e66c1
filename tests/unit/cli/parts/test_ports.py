import socket

from services.cli.parts.ports import LOOPBACK, free_port, is_free, listens


def test_a_free_port_is_no_ephemeral_one() -> None:
    assert {free_port() < 32_768 for _ in range(20)} == {True}


def test_the_preferred_port_is_taken_only_when_free() -> None:
    wanted = free_port()
    assert free_port(wanted) == wanted
    with socket.socket() as taken:
        taken.bind((LOOPBACK, wanted))
        taken.listen()
        assert not is_free(wanted)
        assert listens(wanted)
        assert free_port(wanted) != wanted
    assert not listens(wanted)
