"""Draw the pages of a PDF as images, by the renderer with which Typst shows figures.

It is a program of its own, with limits: a PDF may come from anywhere. It ends with 1 and a
sentence where the PDF cannot be drawn.
"""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import typst

# Seconds and bytes that drawing may take; the document takes one second.
LONGEST, MEMORY = 60.0, 4 << 30
# Dots an inch: a stroke that is moved by a twentieth of a point changes its shade by a tenth.
DENSITY = 144
# Each page in its own size, and none that would take gigabytes.
SHEET = """
#set page(width: auto, height: auto, margin: 0pt)
#let drawn = image("drawn.pdf", page: {number})
#context {{
  let size = measure(drawn)
  assert(calc.max(size.width, size.height) < 1000mm, message: "a page larger than a metre")
}}
#drawn
"""
# What Typst says of the page after the last one.
PAST = "does not exist"


def draw_pages(pdf: Path, folder: Path) -> list[Path]:
    """Return images of all pages of a PDF, written into a folder that is not there yet.

    Raises ValueError with what is wrong where it cannot be drawn within the limits.
    """
    folder.mkdir()
    shutil.copy(pdf, folder / "drawn.pdf")
    try:
        done = subprocess.run(
            [sys.executable, __file__, folder],
            env=os.environ | {"RAYON_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"one that takes more than {LONGEST:.0f} s to draw") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["one that takes too much memory"]
        raise ValueError(said[-1])
    return sorted(folder.glob("*.png"))


def main(folder: Path) -> None:
    """Draw the pages of drawn.pdf in a folder, page after page."""
    # Not every system has the limit.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sheet = folder / "sheet.typ"
    for number in count(1):
        sheet.write_text(SHEET.format(number=number))
        try:
            image = typst.compile(
                sheet, root=folder, format="png", ppi=DENSITY, ignore_system_fonts=True
            )
        except typst.TypstError as error:
            if number > 1 and PAST in error.message:
                return
            sys.exit(" ".join(error.message.split()))
        (folder / f"{number:06}.png").write_bytes(image)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
