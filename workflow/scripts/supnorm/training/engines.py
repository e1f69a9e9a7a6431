"""The training engines, all with one interface, and which of them `auto` is."""

from supnorm.training.loop import LoopEngine
from supnorm.training.stacked import StackedEngine

ENGINES = {"auto": StackedEngine, "stacked": StackedEngine, "loop": LoopEngine}
