"""Ports stay the same from run to run while they are free."""

import socket

import pytest

from app.embedded.errors import EmbeddedError
from app.embedded.ports import GRPC_OFFSET, RANGE_VARIABLE, answers, choose, is_free


def test_a_remembered_port_is_kept_while_it_is_free() -> None:
    first = choose(["a", "b"], {})
    assert choose(["a", "b"], first) == first
    assert first["a"] != first["b"]


def test_a_taken_port_is_replaced() -> None:
    remembered = choose(["a"], {})
    with socket.create_server(("127.0.0.1", remembered["a"])):
        assert not is_free(remembered["a"])
        assert answers(remembered["a"])
        assert choose(["a"], remembered) != remembered


def test_a_port_whose_companion_is_taken_is_replaced() -> None:
    remembered = choose(["a"], {}, ["a"])
    with socket.create_server(("127.0.0.1", remembered["a"] + GRPC_OFFSET)):
        assert choose(["a"], remembered) == remembered
        assert choose(["a"], remembered, ["a"]) != remembered


def test_ports_come_from_the_range_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    before, [port] = choose(["a"], {}), choose(["b"], {}).values()
    monkeypatch.setenv(RANGE_VARIABLE, f"{port}-{port}")
    assert choose(["a"], before) == {"a": port}
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(EmbeddedError, match=f"between {port} and {port}"),
    ):
        choose(["a"], {})


def test_a_port_that_is_promised_is_not_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    port = choose(["a"], {})["a"]
    monkeypatch.setenv(RANGE_VARIABLE, f"{port}-{port}")
    assert choose(["a"], {}) == {"a": port}
    with pytest.raises(EmbeddedError, match="No free port"):
        choose(["a"], {"a": port}, promised=[port])


@pytest.mark.parametrize("written", ["16000", "16000-", "no-ports", "17000-16000", "80-90", "60000-61000"])
def test_a_range_that_is_none_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv(RANGE_VARIABLE, written)
    with pytest.raises(EmbeddedError, match=f"is '{written}'. Write the first"):
        choose(["a"], {})
