"""Figures, their style, and the typesetting of the document."""
