"""The doctor names every engine and every trouble with its remedy, and changes nothing."""

import socket

import pytest

from app.embedded import binaries, ports
from app.embedded.doctor import examine, report
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home


def free_port() -> int:
    [port] = ports.choose(["web"], {}).values()
    return port


def test_a_healthy_machine_is_told_so(home: Home) -> None:
    said: list[str] = []
    assert report(examine(home, free_port()), said.append)
    text = "\n".join(said)
    for name in ("PostgreSQL", "Valkey", "SeaweedFS", "ffmpeg", "ffprobe"):
        assert name in text
    assert said[-1] == "All is well."
    assert list(home.path.iterdir()) == []


def test_a_taken_port_is_a_trouble_with_a_remedy(home: Home) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        findings = examine(home, port)
    assert findings.troubles == [
        f"Port {port} is in use by another program. Choose another with KINDRELAY_PORT."
    ]
    assert not report(findings, lambda _line: None)


def test_a_missing_engine_is_a_trouble_with_a_remedy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(engine: binaries.Engine, major: int | None = None) -> binaries.Binary:
        raise EmbeddedError(f"{engine.name} was not found. {engine.remedy}")

    monkeypatch.setattr(binaries, "resolve", missing)
    troubles = examine(home, free_port()).troubles
    assert len(troubles) == 5
    assert "apt install ffmpeg" in troubles[3]
