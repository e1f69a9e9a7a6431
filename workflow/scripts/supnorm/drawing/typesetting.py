"""Typesetting: a PDF from a Typst template, data and figures, reproducible to the byte."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import typst

from supnorm.job.programs import InputError

# Where the template finds the data and, by name, the figures.
DATA = "data.json"
FIGURES = "figures"


def typeset(
    template: Path, parts: Iterable[Path], data: Mapping, figures: Mapping[str, Path]
) -> bytes:
    """Typeset a template and return the PDF, without dates, in the fonts that come with Typst.

    The template reads `parts` by their file names, `data` from data.json, and each figure, a PDF,
    from figures/<name>.pdf, where a name may contain a folder. It sees no other files. Raises
    InputError where Typst reports an error or a warning.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / FIGURES).mkdir()
        for path in (template, *parts):
            shutil.copy(path, root / path.name)
        for name, path in figures.items():
            place = root / FIGURES / f"{name}.pdf"
            place.parent.mkdir(exist_ok=True)
            shutil.copy(path, place)
        (root / DATA).write_text(json.dumps(data, allow_nan=False))
        document = root / template.name
        try:
            pdf, complaints = typst.compile_with_warnings(
                document, root=root, ignore_system_fonts=True
            )
        except typst.TypstError as error:
            complaints = [error]
    if complaints:
        raise InputError(f"{template}: {_sentence(complaints[0])}")
    return pdf


def _sentence(complaint: typst.TypstError | typst.TypstWarning) -> str:
    """Return what Typst complains of, and where."""
    says = " ".join(complaint.message.split())
    place = re.search(r"([^/\s]+):(\d+):\d+", complaint.diagnostic)
    where = f" in line {place[2]} of {place[1]}" if place else ""
    return f"expected a template that Typst can typeset, found: {says}{where}"
