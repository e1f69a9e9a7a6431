"""What makes results an artifact: trace, verify, archive."""
