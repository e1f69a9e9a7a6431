"""The study toy."""
