"""The library of the study parity: the norm that parity functions need."""
