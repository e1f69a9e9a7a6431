"""The mathematics and words of the study uniform: learning networks to high uniform accuracy."""
