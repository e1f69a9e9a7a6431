"""Pages in Markdown of which a part is generated: what stands between two marks."""

import re
from pathlib import Path

from supnorm.job.outputs import appearing
from supnorm.job.programs import InputError


def write_part(page: Path, name: str, text: str) -> None:
    """Put a text between the marks <!-- name --> and <!-- /name --> of a page.

    All else stays. Raises InputError where the page lacks these marks.
    """
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    marked = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    old = page.read_text()
    if not marked.search(old):
        raise InputError(f"{page}: expected the marks <!-- {name} --> and {end}, found none")
    with appearing(page) as temporary:
        temporary.write_text(marked.sub(lambda _: f"{start}\n{text}\n\n{end}", old))
