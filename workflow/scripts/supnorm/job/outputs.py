"""Outputs appear complete or not at all: written beside their place, then renamed."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends without an error.

    Its name has host and process number, so that the next run never writes to a file that a killed
    one has left, even on a file system that several hosts share. Who may read it follows from the
    umask, also where a library writes it that has a mode of its own, as safetensors does.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = f"{socket.gethostname()}-{os.getpid()}"
    temporary = path.with_name(f".{path.stem}.{writer}{path.suffix}")
    try:
        temporary.touch()
        usual = temporary.stat().st_mode
        yield temporary
        if temporary.stat().st_mode != usual:
            temporary.chmod(usual)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
