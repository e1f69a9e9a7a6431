"""Let rocrate-validator work without a network: put what it would fetch into its HTTP cache.

Run by the validator's Python: `crate_context.py ro-crate.jsonld CACHE`, the former from the
`rocrate` library, which has the terms of RO-Crate 1.3; what 1.1 defines otherwise is changed.
"""

import io
import json
import sys
from pathlib import Path

import requests
from requests_cache import CachedSession
from urllib3 import HTTPResponse

URL = "https://w3id.org/ro/crate/1.1/context"
WORKFLOW = "https://bioschemas.org/ComputationalWorkflow"
CHANGED = {
    "ComputationalWorkflow": WORKFLOW,
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": f"{WORKFLOW}#input",
    "output": f"{WORKFLOW}#output",
}


def main(library: str, cache: str) -> None:
    """Store the context as if it had been fetched."""
    terms = json.loads(Path(library).read_text())["@context"] | CHANGED
    del terms["sha256"]
    response = requests.Response()
    response.status_code, response.url = 200, URL
    response.headers["Content-Type"] = "application/ld+json"
    response._content = json.dumps({"@context": terms}).encode()
    response.request = requests.Request("GET", URL).prepare()
    response.raw = HTTPResponse(
        body=io.BytesIO(response.content),
        headers=dict(response.headers),
        status=200,
        preload_content=False,
        request_url=URL,
    )
    session = CachedSession(cache, backend="sqlite", expire_after=-1)
    session.cache.save_response(response)


if __name__ == "__main__":
    main(*sys.argv[1:])
