"""The claims of the study `uniform`: statements, and the numbers that they stand or fall with."""
