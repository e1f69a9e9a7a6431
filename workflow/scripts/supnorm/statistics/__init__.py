"""Intervals over seeds, and claims with verdicts."""
