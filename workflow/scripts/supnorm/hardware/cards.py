"""Cards: what GPUs can do, and which one a name means.

The numbers are the peaks in the vendor's data sheets, in float64 with tensor cores where cuBLAS
uses them (A100, H100, H200), in float32 without TF32. Where a name covers several models, as
V100 does, they are those of the slowest.

Imported by the Snakefile in every job, so it must stay cheap to import.
"""

import re
from dataclasses import dataclass

from supnorm.job.programs import InputError


@dataclass(frozen=True)
class Card:
    """A card: operations a second in each precision, and bytes a second of its memory."""

    name: str
    float64: float
    float32: float
    bandwidth: float

    def __str__(self) -> str:
        """Return its name and numbers."""
        return (
            f"{self.name}: {self.float64 / 1e12:.3g} TFLOP/s in float64, "
            f"{self.float32 / 1e12:.3g} in float32, {self.bandwidth / 1e9:.0f} GB/s"
        )


CARDS = (
    Card("V100", 7e12, 14e12, 900e9),
    Card("A100", 19.5e12, 19.5e12, 1555e9),
    Card("H100", 67e12, 67e12, 3350e9),
    Card("H100 PCIe", 51e12, 51e12, 2000e9),
    Card("H100 NVL", 60e12, 60e12, 3900e9),
    Card("H200", 67e12, 67e12, 4800e9),
    Card("H200 NVL", 60e12, 60e12, 4800e9),
    Card("A40", 0.584e12, 37.4e12, 696e9),
    Card("L40S", 1.43e12, 91.6e12, 864e9),
    Card("RTX 3090", 0.556e12, 35.6e12, 936e9),
    Card("RTX 4090", 1.29e12, 82.6e12, 1008e9),
    Card("RTX 5090", 1.64e12, 104.8e12, 1792e9),
)
# What a card is taken for whose name says nothing.
SLOWEST = min(CARDS, key=lambda card: card.float64)
# Words of a name that do not tell one row from another.
PLAIN = re.compile(r"nvidia|tesla|geforce|rtx|gpu|sxm\d?|hbm\d?e?|\d+gb?")


def named_card(name: str | int) -> Card:
    """Return the card of a name that a user gave, as "A100" or 4090.

    Raises InputError where the card is not known.
    """
    if card := find_card(str(name)):
        return card
    known = ", ".join(card.name for card in CARDS)
    raise InputError(f"card is {name!r}; expected one of {known}")


def find_card(name: str) -> Card | None:
    """Return the card of a name by torch, nvidia-smi or SLURM; None where it is not known.

    Such names are "NVIDIA H100 80GB HBM3", "Tesla V100-SXM2-16GB", "a100" and "rtx_4090".
    """
    words = _words(name)
    by_words = {_words(card.name): card for card in CARDS}
    # Most cards for PCIe have no row of their own.
    return by_words.get(words) or by_words.get(words - {"pcie"})


def _words(name: str) -> frozenset[str]:
    words = re.findall(r"rtx|[a-z0-9]+", name.lower())
    return frozenset(word for word in words if not PLAIN.fullmatch(word))
