"""The error of learning ReLU networks: the library that the programs share."""
