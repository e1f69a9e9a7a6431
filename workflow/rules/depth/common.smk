# What the rules of the study depth share: its settings, and what jobs ask for.

from supnorm.depth.sizes import targets

DEPTH = of_study(CONFIG, "depth")
DEPTH_COSTS = find_study("depth").expected_costs(DEPTH, DEVICE, CARD)
