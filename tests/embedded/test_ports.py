"""Ports stay the same from run to run while they are free."""

import socket

from app.embedded.ports import GRPC_OFFSET, answers, choose, is_free


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
