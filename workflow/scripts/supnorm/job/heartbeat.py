"""Heartbeats: small files in which running programs report their progress."""

import contextlib
import json
import math
import os
import socket
import threading
import time
from pathlib import Path
from types import TracebackType

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError

PERIOD = 5.0  # seconds between two writings


class StoppedError(InputError):
    """A program was told to stop early: one sentence that says by what."""


class Heartbeat:
    """Keep a file up to date while a block runs: one JSON object, always complete.

    It holds `about`, the latest of the facts that were told, and

    - `state`: "running"; then "done", "stopped" (by `StoppedError` or an interrupt) or "failed";
    - `message`: why it stopped or failed, else null;
    - `started`, `updated`: Unix seconds by this machine's clock;
    - `host`, `pid`, and `slurm_job`, null outside of SLURM.

    The file is written on entry, on exit and every `PERIOD` seconds in between, by a thread: a
    block that computes without a break shows that it lives all the same. A heartbeat that cannot
    be written is left out: it must not end the work of which it tells. Where `path` is None,
    nothing is written.
    """

    def __init__(self, path: Path | None, **about: object) -> None:
        """Prepare to write to a path; its folder is made."""
        self._path = path
        self._facts = about
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heartbeat":
        """Say that the work begins."""
        self.tell(
            state="running",
            message=None,
            started=time.time(),
            host=socket.gethostname(),
            pid=os.getpid(),
            slurm_job=os.environ.get("SLURM_JOB_ID"),
        )
        self._write()
        if self._path:
            self._thread.start()
        return self

    def tell(self, **facts: object) -> None:
        """Update what the file will say; numbers that are not finite become null."""
        # A new dictionary each time: the thread never meets one that changes under its hands.
        self._facts = {**self._facts, **facts}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Say how the work ended."""
        self._ended.set()
        if self._path:
            self._thread.join()
        if isinstance(error, StoppedError | KeyboardInterrupt):
            self.tell(state="stopped", message=str(error) or "interrupted")
        elif kind:
            message = str(error) if kind is InputError else f"{kind.__name__}: {error}"
            self.tell(state="failed", message=message)
        else:
            self.tell(state="done")
        self._write()

    def _beat(self) -> None:
        while not self._ended.wait(PERIOD):
            self._write()

    def _write(self) -> None:
        if not self._path:
            return
        facts = {name: _plain(fact) for name, fact in self._facts.items()}
        text = json.dumps({**facts, "updated": time.time()})
        with contextlib.suppress(OSError), appearing(self._path) as temporary:
            temporary.write_text(text)


def _plain(fact: object) -> object:
    """Return what JSON can hold: NumPy's numbers as Python's, none where one is not finite."""
    fact = fact.item() if hasattr(fact, "item") else fact
    return None if isinstance(fact, float) and not math.isfinite(fact) else fact
