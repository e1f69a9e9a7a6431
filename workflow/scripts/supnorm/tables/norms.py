"""The norms in which errors are measured, and how tables name them."""

NORMS = {"1": 1.0, "2": 2.0, "inf": float("inf")}
