"""Reference algorithms: classical ways to learn a function from values at points."""
