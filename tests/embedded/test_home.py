"""The home keeps its secrets to itself and lets one platform run at a time."""

import stat
from pathlib import Path

import pytest

from app.embedded.errors import EmbeddedError
from app.embedded.home import Home, Recorded


def test_secrets_are_made_once_and_only_their_owner_reads_them(home: Home) -> None:
    home.create()
    first = home.secrets()
    home.create()
    assert home.secrets() == first
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600
    assert len(set(first.values())) == len(first)


def test_two_homes_share_no_secret(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    home.create()
    other.create()
    assert not set(home.secrets().values()) & set(other.secrets().values())


def test_a_held_home_refuses_a_second_holder(home: Home) -> None:
    home.create()
    assert not home.is_running()
    with home.lock():
        assert home.is_running()
        with pytest.raises(EmbeddedError, match="already running"), Home(home.path).lock():
            pass
    assert not home.is_running()


def test_what_is_remembered_comes_back(home: Home) -> None:
    home.create()
    state = home.state()
    state.ports = {"postgres": 15001}
    state.children = {"web": Recorded(pid=7, created=1.5, stop_signal=15)}
    home.remember(state)
    assert Home(home.path).state() == state


def test_a_home_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="--home"):
        Home(tmp_path / "file" / "home").create()
