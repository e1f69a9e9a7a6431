"""How a run is planned, started, supervised and watched."""
