# make reproduce            all tables and figures of the scale that config.yaml names
# make reproduce SCALE=...  of another scale: smoke, laptop or paper
# make test                 the tests

PYTHON ?= python3
SCALE ?=
scale = $(if $(SCALE),--scale $(SCALE))
bin = .venv/bin

.PHONY: reproduce test report format check

reproduce: .venv/complete
	$(bin)/python workflow/reproduce.py $(scale)

test: .venv/complete
	$(bin)/python -m pytest

# One HTML page with all figures, captions, and how each was made.
report: .venv/complete
	$(bin)/python workflow/reproduce.py $(scale) --report report.html

# Written again only when the pins change; the mark comes last, so that a broken set-up is redone.
.venv/complete: envs/requirements.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed; name one by PYTHON=...')"
	$(PYTHON) -m venv .venv
	$(bin)/python -m pip install --disable-pip-version-check --quiet --requirement envs/requirements.txt
	touch .venv/complete

format: .venv/complete
	$(bin)/ruff check --fix
	$(bin)/ruff format
	$(bin)/snakefmt Snakefile workflow

check: .venv/complete
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/snakefmt --check Snakefile workflow
	$(bin)/snakemake --lint
