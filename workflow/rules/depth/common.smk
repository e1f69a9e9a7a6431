# What the rules of the study depth share: its settings, and the networks of uniform for d = 1.

from supnorm.depth.sizes import targets

DEPTH = of_study(CONFIG, "depth")
DEPTH_COSTS = find_study("depth").expected_costs(DEPTH, DEVICE, CARD)


def networks_on_a_line():
    """The teachers of the study uniform for d = 1, and their students of the least width."""
    uniform = CONFIG["uniform"]
    if 1 not in uniform["teacher"]["dims"]:
        return {"teachers": [], "students": []}
    family, width = uniform["teacher"]["families"][0], min(uniform["student"]["widths"])
    chosen = [c for c in RANKED if (c.family, c.dim, c.width) == (family, 1, width)]
    students = of_shards("students", "safetensors", chosen)
    teachers = f"<results>/teachers/{family}/d1.safetensors"
    return {
        "teachers": [teachers.replace("<results>", "<root>/uniform")],
        "students": sorted(file.replace("<results>", "<root>/uniform") for file in students),
    }
