"""The library of the study depth: functions that deep networks represent with few neurons."""
