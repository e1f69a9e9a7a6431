"""Tables of the study toy."""
