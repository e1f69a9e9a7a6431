"""The machine at work, as a record or a checkpoint names it."""

import os
import platform
import re
import sys
from pathlib import Path


def processor() -> str:
    """Return the name of the CPU."""
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    named = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return named[1] if named else platform.processor() or platform.machine()


def gpu() -> str | None:
    """Return the name of the GPU that this process has used through torch; None if none."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch and torch.cuda.is_initialized() else None


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
