"""config.yaml as it is written: read, and refused where YAML would silently take it otherwise.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import re
from pathlib import Path

import yaml

from supnorm.job.programs import InputError

TEXT, MERGE, *NUMBERS = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "merge", "int", "float"))
# Of other numbers YAML 1.1 makes what nobody expects: 8 of 010, and 200 of 3:20.
PLAIN = re.compile(r"[-+]?(0|[1-9][0-9]*)|[^:_]*\.[^:_]*")
# As many are finite as a floating-point number.
DIGITS = 300


def read_configfile(path: Path, name: str = "config.yaml") -> dict:
    """Return the settings that a file says, which is called `name`.

    Raises InputError with one sentence where it is no YAML of keys and values, where a key stands
    twice, of which YAML would take the last, where there is a merge key, a tag or a number that is
    not written in plain decimals, and where there is an alias: a few lines with aliases can stand
    for more values than there is memory.
    """
    loader = _open(path, name)
    try:
        root = loader.get_single_node()
        if isinstance(root, yaml.MappingNode):
            _Refusal(loader, name).of(root, "")
            return loader.construct_document(root)
    except InputError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{name}: expected YAML, found {' '.join(str(error).split())}") from None
    found = "a list" if isinstance(root, yaml.SequenceNode) else root and repr(_short(root.value))
    raise InputError(f"{name}: expected keys and values, found {found or 'none'}")


def _open(path: Path, name: str) -> yaml.SafeLoader:
    """Return what reads a file; raises InputError where it is no text in UTF-8."""
    try:
        written = path.read_bytes()
        return yaml.SafeLoader(written.decode())
    except OSError as error:
        known = {FileNotFoundError: "no file", IsADirectoryError: "a folder"}
        found = known.get(type(error), error.strerror)
        raise InputError(f"{name}: expected a configuration, found {found}") from None
    except UnicodeDecodeError as error:
        found, before = f"the byte {written[error.start]:#04x}", written[: error.start].decode()
    except yaml.reader.ReaderError as error:
        found, before = f"the character U+{error.character:04X}", written.decode()[: error.position]
    line = before.count("\n") + 1
    raise InputError(f"{name}: expected text in UTF-8, found {found} in line {line}")


class _Refusal:
    """What is refused of YAML in a file that is called `name`: InputError names key and line."""

    def __init__(self, loader: yaml.SafeLoader, name: str):
        self.loader, self.name = loader, name
        self.met = set()

    def of(self, node: yaml.Node, path: str) -> None:
        """Refuse a value that stands at a path, or what is below it."""
        self._alias(node, path)
        self._tag(node, path)
        if isinstance(node, yaml.ScalarNode):
            self._scalar(node, f"{path} is")
        elif isinstance(node, yaml.SequenceNode):
            for place, item in enumerate(node.value):
                self.of(item, f"{path}[{place}]")
        else:
            self._mapping(node, path)

    def _mapping(self, node: yaml.MappingNode, path: str) -> None:
        lines = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                found = "keys and values" if isinstance(key, yaml.MappingNode) else "a list"
                raise self._error(f"{path} has {found} for a key", key, "a name")
            below = f"{path}.{_short(key.value)}" if path else _short(key.value)
            self._key(key, path, below)
            if key.value in lines:
                raise InputError(
                    f"{self.name}: {below} stands in line {lines[key.value]} and again in line "
                    f"{_line(key)}; expected it once"
                )
            lines[key.value] = _line(key)
            self.of(value, below)

    def _key(self, key: yaml.ScalarNode, path: str, below: str) -> None:
        if key.tag == MERGE:
            raise self._error(f"{below} is a merge key", key, "YAML without merge keys")
        self._alias(key, below)
        self._tag(key, below)
        self._scalar(key, f"{path} has the key")

    def _alias(self, node: yaml.Node, path: str) -> None:
        if id(node) in self.met:
            raise InputError(
                f"{self.name}: {path} is an alias of what stands in line {_line(node)}; expected "
                "YAML without aliases"
            )
        self.met.add(id(node))

    def _tag(self, node: yaml.Node, path: str) -> None:
        meant = self.loader.resolve(type(node), node.value, (True, False))
        if node.tag not in (meant, TEXT):
            raise self._error(f"{path} has the tag {node.tag}", node, "YAML without tags")

    def _scalar(self, node: yaml.ScalarNode, says: str) -> None:
        """Refuse a number that is long or not plain, and what only looks like a date."""
        shown, number = f"{says} {_short(node.value)}", node.tag in NUMBERS
        if number and len(node.value) > DIGITS:
            found = f"{says} a number of {len(node.value)} digits"
            raise self._error(found, node, f"at most {DIGITS}")
        try:
            value = self.loader.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            found = f"{shown}, of which YAML says: {getattr(error, 'problem', error)},"
            raise self._error(found, node, "another value, or a text in quotes") from None
        if number and not PLAIN.fullmatch(node.value):
            found = f"{shown}, which YAML reads as {value},"
            raise self._error(found, node, "a number in plain decimals, or a text in quotes")

    def _error(self, found: str, node: yaml.Node, expected: str) -> InputError:
        return InputError(
            f"{self.name}: {found.lstrip()} in line {_line(node)}; expected {expected}"
        )


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
