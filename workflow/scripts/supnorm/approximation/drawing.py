"""What the drawing programs of the study share: colours."""

# Distinct to the colour-blind, and in grey.
FLOWS = {"relu": ("#0B4F8A", "ReLU"), "features": ("#E0700F", "Fourier features")}


def flow_label(kernel: str, scale: float) -> str:
    """Return what a kernel is called; `scale` is NaN of one without."""
    name = FLOWS.get(kernel, ("", kernel))[1]
    return name if scale != scale else f"{name}, $p={scale:g}$"
