"""Signals that ask a training to save its state, or to save it and stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SAVE, STOP = (signal.SIGUSR1,), (signal.SIGTERM, signal.SIGINT)


@dataclass
class Asked:
    """What signals have asked for: to `save`, or to stop, where `stop` names the signal."""

    save: bool = False
    stop: str | None = None

    def note(self, number: int, _frame: object) -> None:
        """Note a signal, and do nothing yet: it comes in the midst of something."""
        self.save = True
        if number in STOP:
            self.stop = signal.Signals(number).name


@contextmanager
def listening() -> Iterator[Asked]:
    """Note signals while a block runs, instead of dying of them.

    A wish to stop that is ignored, as under nohup, stays so; one to save is ignored by all around
    this program lest they die of it. Only the main thread can listen.
    """
    asked, before = Asked(), {}
    if threading.current_thread() is threading.main_thread():
        stop = [number for number in STOP if signal.getsignal(number) is not signal.SIG_IGN]
        heard = [*SAVE, *stop]
        before = {number: signal.signal(number, asked.note) for number in heard}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
