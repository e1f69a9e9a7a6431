"""What a program is: its command line, its record, its outputs, and how it says what is wrong."""
