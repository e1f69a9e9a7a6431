"""What the drawing programs of the study share: colours by depth."""

from supnorm.drawing.captions import several

# By hidden layers: distinct to the colour-blind, and in grey.
SHALLOW, DEEP, MIDDLE, KNOWN = "#E0700F", "#0B4F8A", "#2F9E77", "0.1"


def layers(depth: int) -> str:
    """Return how many hidden layers so many affine layers are, in words."""
    return several(depth - 1, "hidden layer")
