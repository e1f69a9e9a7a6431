"""The way of an archive to a DOI at Zenodo: a draft first, then the publication of it."""
