"""The clock tells the moment it is, unless it is set."""

from datetime import UTC, datetime
from threading import Thread

from app.core import clock

THEN = datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_a_clock_that_is_set_stands_still_until_it_is_let_go():
    with clock.set_to(THEN):
        assert clock.now() == clock.now() == THEN
    assert clock.now() > THEN


def test_clocks_are_set_within_each_other():
    with clock.set_to(THEN):
        with clock.set_to(THEN.replace(year=2020)):
            assert clock.now().year == 2020
        assert clock.now() == THEN


def test_other_threads_keep_the_real_time():
    told: list[datetime] = []
    with clock.set_to(THEN):
        other = Thread(target=lambda: told.append(clock.now()))
        other.start()
        other.join()
    assert told[0] > THEN
