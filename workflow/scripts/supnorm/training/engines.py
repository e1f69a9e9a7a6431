"""The training engines, all with one interface, and the choice of `auto`.

An engine is made from a recipe, initial networks and students (see `recipe`), and a device,
precision and number of threads. `run` trains through the epochs whose orders [epochs, seeds,
samples] it is given; they follow the last epoch that all students have done. Where a deadline ends
it early, students may differ in how many epochs they have done: `epochs` [students]. `losses` and
`networks` return the results so far; `state` is everything, named arrays from which `restore` lets
an engine go on to the same bits.
"""

from supnorm.hardware.machine import processor

ENGINES = ["auto", "narrow", "stacked", "loop"]

# Where the narrow engine is the faster on a CPU, as measured at widths 32, 128, 512 and 2048
# (benchmarks/measured/crossovers.json): at every batch size up to 512, at 2048 for small batches,
# since BLAS reuses what it has read of a large layer better than the kernels do.
NARROW_WIDTH, NARROW_BATCH = 1024, 50


def choose(engine: str, device: str, width: int, batch: int) -> str:
    """Return the name of the engine that trains; `auto` is the one measured to be the fastest."""
    if engine != "auto":
        return engine
    narrow = device == "cpu" and (width <= NARROW_WIDTH or batch <= NARROW_BATCH)
    return "narrow" if narrow else "stacked"


def engine_class(name: str) -> type:
    """Return the class of an engine, imported only now: torch takes seconds."""
    if name == "narrow":
        from supnorm.training.narrow import NarrowEngine

        return NarrowEngine
    if name == "stacked":
        from supnorm.training.stacked import StackedEngine

        return StackedEngine
    from supnorm.training.loop import LoopEngine

    return LoopEngine


def hardware(name: str, device: str) -> dict[str, str]:
    """Return what the rounding of an engine depends on besides its code: who compiles it, or torch.

    torch has products for each processor and GPU, and changes them from version to version.
    """
    if name == "narrow":
        import numba

        return {"numba": numba.__version__}
    import torch

    machine = torch.cuda.get_device_name() if device == "cuda" else processor()
    return {"torch": torch.__version__, "machine": machine}
