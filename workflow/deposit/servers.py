"""The servers that a deposit may be at, and the client for each."""

import os
from collections.abc import Callable

from deposit.connection import take_token
from deposit.inveniordm import InvenioRDM

SANDBOX, PRODUCTION = "https://sandbox.zenodo.org", "https://zenodo.org"
# A token is for one server, which is never another than one of these, whatever a file says.
TOKENS = {SANDBOX: "ZENODO_SANDBOX_TOKEN", PRODUCTION: "ZENODO_TOKEN"}


def user_of(server: str, sleep: Callable[[float], None]) -> InvenioRDM:
    """Return the client for a server; no program that is started from here sees a token."""
    token = take_token(TOKENS[server])
    for name in TOKENS.values():
        os.environ.pop(name, None)
    return InvenioRDM(server, token, sleep=sleep)
