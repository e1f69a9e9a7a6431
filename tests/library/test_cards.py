"""Cards: which one a name means."""

import pytest

from supnorm.hardware.cards import CARDS, SLOWEST, find_card, named_card
from supnorm.job.programs import InputError


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("Tesla V100-SXM2-16GB", "V100"),
        ("Tesla V100-PCIE-32GB", "V100"),
        ("NVIDIA A100-SXM4-40GB", "A100"),
        ("NVIDIA A100 80GB PCIe", "A100"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA H200 NVL", "H200 NVL"),
        ("NVIDIA A40", "A40"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 5090", "RTX 5090"),
        # As SLURM's gres and constraints have them.
        ("a100", "A100"),
        ("a100_80gb", "A100"),
        ("nvidia_h100_80gb_hbm3", "H100"),
        ("h100-pcie", "H100 PCIe"),
        ("rtx4090", "RTX 4090"),
        ("rtx_3090", "RTX 3090"),
        ("4090", "RTX 4090"),
    ],
)
def test_cards_are_found_by_what_they_are_called(name, card):
    assert find_card(name).name == card


@pytest.mark.parametrize(
    "name",
    [
        *("NVIDIA A10", "NVIDIA A100X", "NVIDIA A10G", "NVIDIA RTX A4000", "NVIDIA RTX A6000"),
        *("Tesla V100S-PCIE-32GB", "NVIDIA L40", "NVIDIA L4", "Tesla T4", "NVIDIA GH200 480GB"),
        *("NVIDIA GeForce RTX 3090 Ti", "NVIDIA GeForce RTX 4090 D", "NVIDIA GeForce RTX 4080"),
        *("NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "AMD MI300X"),
        *("NVIDIA", "gpu", "", "80GB"),
    ],
)
def test_cards_of_other_names_are_not_known(name):
    assert find_card(name) is None


def test_each_row_is_found_by_its_own_name():
    assert [find_card(card.name) for card in CARDS] == list(CARDS)
    assert named_card(4090).name == "RTX 4090"


def test_a_name_that_is_not_known_is_told_with_those_that_are():
    with pytest.raises(InputError) as caught:
        named_card("A10")
    known = ", ".join(card.name for card in CARDS)
    assert str(caught.value) == f"card is 'A10'; expected one of {known}"


def test_the_slowest_has_the_least_speed_in_float64():
    assert all(SLOWEST.float64 <= card.float64 for card in CARDS)


def test_a_card_says_its_numbers():
    said = "A40: 0.584 TFLOP/s in float64, 37.4 in float32, 696 GB/s"
    assert str(named_card("A40")) == said
