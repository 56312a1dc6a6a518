"""What several requests want at the same time is done once for all of them: by the first, while they wait.

A transaction, or a round trip to Valkey, costs about the same for one as for eight.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from time import monotonic, sleep
from typing import Generic, NamedTuple, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

# Seconds from one beginning to the next: under load several are there by then, and one that comes alone waits
# for nothing.
APART = 0.02
PATIENCE_SECONDS = 60.0  # of one who waits for another, who was stopped


class _Turn(NamedTuple, Generic[Asked, Answer]):
    asked: Asked
    answer: Future[Answer]


class Gathering(Generic[Asked, Answer]):
    """Gathers what is asked of `work`, which answers each in its place."""

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._work = work
        self._waiting: list[_Turn[Asked, Answer]] = []
        self._in_line, self._working = Lock(), Lock()
        self._began = 0.0

    def ask(self, asked: Asked) -> Answer:
        """The answer to `asked`; on return the work is done. Raises what the work raised, as do all who were
        gathered with it."""
        turn = _Turn[Asked, Answer](asked, Future())
        with self._in_line:
            is_first = not self._waiting
            self._waiting.append(turn)
        if is_first:  # it works for all who come while the work before goes on
            with self._working:
                sleep(max(0.0, self._began + APART - monotonic()))
                self._began = monotonic()
                self._work_for(self._all_who_wait())
        return turn.answer.result(PATIENCE_SECONDS)

    def _all_who_wait(self) -> Sequence[_Turn[Asked, Answer]]:
        with self._in_line:
            turns = self._waiting
            self._waiting = []
        return turns

    def _work_for(self, turns: Sequence[_Turn[Asked, Answer]]) -> None:
        try:
            answers = self._work([turn.asked for turn in turns])
        except Exception as error:  # each hears of it in its own thread
            for turn in turns:
                turn.answer.set_exception(error)
            return
        for turn, answer in zip(turns, answers, strict=True):
            turn.answer.set_result(answer)
