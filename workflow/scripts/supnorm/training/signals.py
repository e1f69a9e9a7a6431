"""Signals that ask a training to save its state, or to save it and stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SAVE, STOP = (signal.SIGUSR1,), (signal.SIGTERM, signal.SIGINT)


@dataclass
class Asked:
    """What signals have asked for: to `save`, or to stop; `stop` is then the signal's name."""

    save: bool = False
    stop: str | None = None

    def note(self, number: int, _frame: object) -> None:
        """Record a signal and return: it may interrupt anything."""
        self.save = True
        if number in STOP:
            self.stop = signal.Signals(number).name


@contextmanager
def listening() -> Iterator[Asked]:
    """Record signals while a block runs, instead of ending the process.

    A stop signal that is ignored, as under nohup, stays ignored. The processes around this program
    ignore the save signal, which would end them. Only the main thread can listen.
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
