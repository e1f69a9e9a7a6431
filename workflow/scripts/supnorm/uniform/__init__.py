"""The library of the study uniform: learning networks to high uniform accuracy."""
