"""What each table of the results contains, and how tables are read and written."""
