"""The training engines, all with one interface, and which of them `auto` is.

An engine is made from a recipe, initial networks and students (see `recipe`), and a device,
precision and number of threads; `run` trains for some epochs, `losses` and `networks` return what
has become of the students.
"""

ENGINES = ["auto", "narrow", "stacked", "loop"]

# Measured (benchmarks/crossovers.py): on a CPU the narrow engine is the faster up to this width.
NARROW_WIDTH = 2048


def choose(engine: str, device: str, width: int) -> str:
    """Return the name of the engine that trains: the measured choice for `auto`."""
    if engine != "auto":
        return engine
    return "narrow" if device == "cpu" and width <= NARROW_WIDTH else "stacked"


def engine_class(name: str) -> type:
    """Return the engine of a name, imported only now: torch takes seconds."""
    if name == "narrow":
        from supnorm.training.narrow import NarrowEngine

        return NarrowEngine
    if name == "stacked":
        from supnorm.training.stacked import StackedEngine

        return StackedEngine
    from supnorm.training.loop import LoopEngine

    return LoopEngine
