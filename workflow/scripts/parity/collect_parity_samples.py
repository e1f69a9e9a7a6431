"""Collect what was learned from samples, all dimensions in one table."""

from supnorm.job.commands import Program
from supnorm.job.programs import run
from supnorm.parity.tables.samples import SAMPLES
from supnorm.tables.collect import collect


