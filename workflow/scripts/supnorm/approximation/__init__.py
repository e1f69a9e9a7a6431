"""What networks approximate, and which frequencies they learn first (theory.md, part 4)."""
