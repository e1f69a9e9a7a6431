"""What a record says of itself, in InvenioRDM's terms: from CITATION.cff and the files."""

import html
from collections.abc import Mapping
from pathlib import Path

import yaml

from deposit.files import Local
from supnorm.job.programs import InputError
from supnorm.job.provenance import digest

CITATION = Path("CITATION.cff")
# The licence of results, LICENSE-results; that of the source is the citation's.
RESULTS_LICENCE = "cc-by-4.0"


def read_citation() -> dict:
    """Return CITATION.cff; raises InputError where a key that a record needs is missing."""
    citation = yaml.safe_load(CITATION.read_text())
    for key in ("title", "abstract", "authors", "version", "date-released", "license", "keywords"):
        if key not in citation:
            raise InputError(f"{CITATION}: expected the key {key}, found none")
    return citation


def described(citation: Mapping, scale: str, local: Mapping[str, Local] | None = None) -> dict:
    """Return the metadata of a draft in InvenioRDM's terms, with SHA-256 of files where known.

    The record is a dataset: source is in the archive so that its results can be checked, and the
    results are what is cited by the DOI.
    """
    text = (
        f"<p>{html.escape(citation['abstract'].strip())}</p><p>This is the archive of its scale "
        f"“{scale}”: source, data, trained networks, tables, figures, and the record of every job. "
        "README.md in it says which claim is shown by which figure, and how to check them.</p>"
    )
    metadata = {
        "resource_type": {"id": "dataset"},
        "title": f"{citation['title']} (archive of the {scale} scale)",
        "publication_date": str(citation["date-released"]),
        "publisher": "Zenodo",
        "creators": [{"person_or_org": person_or_org(author)} for author in citation["authors"]],
        "description": text,
        "version": str(citation["version"]),
        "rights": [{"id": citation["license"].lower()}, {"id": RESULTS_LICENCE}],
        "subjects": [{"subject": keyword} for keyword in citation["keywords"]],
        "related_identifiers": [
            {
                "identifier": identifier["value"],
                "scheme": "arxiv",
                "relation_type": {"id": "references"},
                "resource_type": {"id": "publication-conferencepaper"},
            }
            for reference in citation.get("references", [])
            for identifier in reference.get("identifiers", [])
            if identifier["value"].startswith("arXiv:")
        ],
    }
    if local:
        sums = "".join(
            f"<li>{html.escape(file.path.name)}: {digest(file.path)}</li>"
            for file in local.values()
        )
        metadata["additional_descriptions"] = [
            {"description": f"<p>SHA-256:</p><ul>{sums}</ul>", "type": {"id": "technical-info"}}
        ]
    return metadata


def person_or_org(author: Mapping) -> dict:
    """Return an author of the citation in InvenioRDM's terms."""
    if "name" in author:
        return {"type": "organizational", "name": author["name"]}
    return {
        "type": "personal",
        "family_name": author["family-names"],
        "given_name": author.get("given-names", ""),
    }
