"""What is asked at the same time is done together, and each hears what became of theirs."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest

from app.web.gathering import Gathering

PATIENCE = 10.0


def test_who_comes_while_one_is_served_is_served_with_others_and_hears_their_own_answer() -> None:
    begun, all_in_line, served = Event(), Event(), list[Sequence[int]]()

    def double(numbers: Sequence[int]) -> Sequence[int]:
        served.append(numbers)
        begun.set()
        assert all_in_line.wait(PATIENCE)
        return [2 * number for number in numbers]

    gathering = Gathering(double)
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(gathering.ask, 0)]
        assert begun.wait(PATIENCE)
        answers += [threads.submit(gathering.ask, number) for number in range(1, 8)]
        while len(gathering._waiting) < 7:  # nothing else tells who is in line
            sleep(0.005)
        all_in_line.set()
        assert [answer.result() for answer in answers] == [2 * number for number in range(8)]
    assert [len(numbers) for numbers in served] == [1, 7]


def test_what_goes_wrong_is_heard_and_holds_up_nobody_who_comes_later() -> None:
    def invert(numbers: Sequence[float]) -> Sequence[float]:
        return [1 / number for number in numbers]

    gathering = Gathering(invert)
    with pytest.raises(ZeroDivisionError):
        gathering.ask(0)
    assert gathering.ask(4) == 0.25
