"""What the tables of the study uniform contain."""
