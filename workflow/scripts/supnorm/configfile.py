"""config.yaml as it is written: read, and refused where YAML would silently take it otherwise.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

from pathlib import Path

import yaml

from supnorm.job.programs import InputError


def read_configfile(path: Path, name: str = "config.yaml") -> dict:
    """Return the settings that a file says, which is called `name`.

    Raises InputError with one sentence where it is no YAML of keys and values, where a key stands
    twice, of which YAML would take the last, and where there is an alias: a few lines with aliases
    can stand for more values than there is memory.
    """
    try:
        loader = yaml.SafeLoader(path.read_bytes().decode())
        root = loader.get_single_node()
        content = None
        if root:
            _refuse_repetition(root, "", name, set())
            content = loader.construct_document(root)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{name}: expected a configuration, found no file") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        found = " ".join(str(error).split())
        raise InputError(f"{name}: expected YAML, found {found}") from None
    if not isinstance(content, dict):
        found = "none" if content is None else repr(content)
        raise InputError(f"{name}: expected keys and values, found {found}")
    return content


def _refuse_repetition(node: yaml.Node, path: str, name: str, met: set[int]) -> None:
    """Raise InputError where a key stands twice in a mapping, or a node in two places."""
    if id(node) in met:
        raise InputError(
            f"{name}: {path} is an alias of what stands in line {_line(node)}; expected YAML "
            "without aliases"
        )
    met.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _refuse_repetition(item, f"{path}[{place}]", name, met)
    elif isinstance(node, yaml.MappingNode):
        lines = {}
        for key, value in node.value:
            written = str(key.value)
            below = f"{path}.{written}" if path else written
            if written in lines:
                raise InputError(
                    f"{name}: {below} stands in line {lines[written]} and again in line "
                    f"{_line(key)}; expected it once"
                )
            lines[written] = _line(key)
            _refuse_repetition(value, below, name, met)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
