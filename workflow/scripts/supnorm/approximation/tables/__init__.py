"""Columns of the tables of the study approximation."""
