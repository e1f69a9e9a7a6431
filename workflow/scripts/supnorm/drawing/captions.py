"""What captions share: counts and ends of ranges, in words that hold for a single one, too."""


def several(count: int, thing: str) -> str:
    """Return so many things, the word for one of them given."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def span(*ends: str) -> str:
    """Return the ends of a range as they are written, or one if they are written alike."""
    return " to ".join(dict.fromkeys(ends))
