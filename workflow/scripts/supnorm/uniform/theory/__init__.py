"""Bounds from theory, in closed form."""
