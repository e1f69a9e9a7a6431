"""What every program has: a command line, outputs, a record, and clear errors."""
