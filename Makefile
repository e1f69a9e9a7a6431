# make reproduce            all tables and figures of the scale that config.yaml names
# make reproduce SCALE=...  of another scale: smoke, laptop, evening or paper
#           ... STUDY=...   one study, and what it needs of others: uniform
#           ... DEVICE=...  cpu or cuda, where it is not for the machine to say
#           ... CARD=A100   what GPUs are there, for the plan and the time that jobs ask for
#           ... PROFILE=slurm   through SLURM: the scale is paper if none is named
# make plan                 what a run would cost, before it starts
# make watch                how far it is, while it runs
# make calibrate            measure this machine for the plan: a minute or two
# make trace                whether each figure and table is what its inputs make of it, down to the
#                           samples and the code; FIGURE=uniform/rates: how that one
#                           came about
# make verify               do a sample of it again and compare; ARCHIVE=...: that of an archive
# make dictionary           data_dictionary.csv: what each column of all tables means
# make figures              draw all figures and the document again, from the tables alone
# make archive              one file with all of it: results/<scale>/archive/supnorm-<scale>.zip
# make deposit              that file as a draft at Zenodo's sandbox, with a DOI; PRODUCTION=1: at Zenodo
# make publish              the draft for everybody, for ever; asks before it does
# make test                 the tests that take seconds each, on two cores: ten minutes
# make test-all             all tests
# make soak                 twenty runs through SLURM with random kills, in 70 minutes; needs root
# make gpu-check            prove the GPU path on a GPU of this machine, in eight minutes
# make benchmark            what training costs, measured anew: some 20 minutes of one core

$(if $(wildcard envs/requirements.txt),,$(error $(CURDIR): expected the root of the repository, \
	found no envs/requirements.txt; go there first, or name it by make -C))

PYTHON ?= python3
SCALE ?=
STUDY ?=
DEVICE ?=
CARD ?=
PROFILE ?=
FIGURE ?=
ARCHIVE ?=
STUDENTS ?=
SEED ?=
WORKERS ?= 2
CONFIRM =
NEW_VERSION_OF =
PRODUCTION =

# What is given is taken as it stands: neither make nor the shell looks for something to run in it.
override given = PYTHON SCALE STUDY DEVICE CARD PROFILE FIGURE ARCHIVE STUDENTS SEED WORKERS CONFIRM
override given += NEW_VERSION_OF PRODUCTION
# Of blanks on a command line make keeps nothing: meant was a name, and not what holds without one.
$(foreach name,$(given),$(if $(value $(name)),,$(if $(filter command,$(origin $(name))),\
	$(error $(name): expected a value, found none; name one, or leave $(name)= out))))
$(foreach name,$(given),$(eval override $(name) := $$(value $(name))))
define line_end


endef
$(foreach name,$(given),$(if $(findstring $(line_end),$($(name))),\
	$(error $(name): expected one line, found several)))
quoted = '$(subst ','\'',$1)'
option = $(if $2,$1=$(call quoted,$2))
scale = $(call option,--scale,$(SCALE))
study = $(call option,--study,$(STUDY))
device = $(call option,--device,$(DEVICE))
card = $(call option,--card,$(CARD))
profile = $(call option,--profile,$(PROFILE))
bin = .venv/bin
python = $(bin)/python

# What a user, or a module of a cluster, has set for other Pythons does not hold here.
unexport $(filter PYTHON% MPLBACKEND MATPLOTLIBRC,$(.VARIABLES))
export PYTHONUTF8 := 1
export PYTHONNOUSERSITE := 1
# Where Python finds the library with the programs of studies, and the driver with the artifact.
export PYTHONPATH := workflow/scripts:workflow

.PHONY: reproduce plan watch calibrate trace verify dictionary figures archive
.PHONY: deposit publish expected test test-all report format check benchmark soak gpu-check

reproduce: .venv/complete
	$(python) -m driver.reproduce $(scale) $(study) $(device) $(card) $(profile)

plan: .venv/complete
	$(python) -m driver.plan $(scale) $(device) $(card) --cells

watch: .venv/complete
	$(python) -m driver.watch $(scale)

calibrate: .venv/complete
	$(measure)/calibrate.py $(scale) $(device)

trace: .venv/complete
	$(python) -m artifact.trace $(scale) $(if $(FIGURE),-- $(call quoted,$(FIGURE)))

verify: .venv/complete
	$(python) -m artifact.verify $(scale) $(call option,--archive,$(ARCHIVE)) \
		$(call option,--students,$(STUDENTS)) $(call option,--seed,$(SEED))

dictionary: .venv/complete
	$(python) -m artifact.dictionary $(scale)

figures: .venv/complete
	$(python) -m driver.reproduce $(scale) --figures

archive: .venv/complete
	$(python) -m artifact.archive $(scale)

# The reference set of `make verify`, from results/laptop, and the README's ledger and table of
# verdicts: where results are meant to change.
expected: .venv/complete
	$(python) -m artifact.expected $(scale) $(study)
	$(python) -m artifact.verdicts

# The token is read from the environment, ZENODO_SANDBOX_TOKEN or ZENODO_TOKEN, and from nowhere else:
# what stands on a command line is seen by all users of a machine.
$(foreach token,ZENODO_SANDBOX_TOKEN ZENODO_TOKEN,$(if $(filter command,$(origin $(token))),\
	$(error $(token): expected a token in the environment alone, found one on the command line, which \
	others see; revoke it, and export another)))
# Nor is there another name, be it misspelled or one of this file's own.
$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),\
	$(error $(name): expected one of $(given), in capital letters)))

deposit: .venv/complete
	$(python) -m deposit deposit $(scale) $(if $(filter 1,$(PRODUCTION)),--production) \
		$(call option,--new-version-of,$(NEW_VERSION_OF))

publish: .venv/complete
	$(python) -m deposit publish $(scale) $(call option,--confirm,$(CONFIRM))

# Two processes, and at the end the slowest twenty.
pytest = $(bin)/python -m pytest --numprocesses=$(call quoted,$(WORKERS)) --durations 20

test: .venv/complete
	$(pytest) -m "not complete"

test-all: .venv/complete
	$(pytest)

# One HTML page with all figures, captions, and how each was made.
report: .venv/complete
	$(python) -m driver.reproduce $(scale) $(device) --report report.html

# Written again only when the pins change, or where it does not run, as when its Python is gone; the
# mark comes last, so that a broken set-up is redone.
sound = $(shell $(python) -I -c "from importlib.util import find_spec as find; print(bool(find('snakemake')))" 2> /dev/null)
ifneq ($(wildcard .venv/complete),)
ifneq ($(sound),True)
.venv/complete: again
.PHONY: again
endif
endif

.venv/complete: envs/requirements.txt envs/set_up.py
	$(call quoted,$(PYTHON)) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed; name one by PYTHON=...')"
	$(call quoted,$(PYTHON)) envs/set_up.py

# Measured into benchmarks/measured/, then drawn and written into docs/benchmarks.md, and in a sentence
# into README.md. DEVICE=cuda measures training on a GPU alone. Stages and certificates are those of
# the run that is there; JAX is measured if installed.
measured = benchmarks/measured
measure = OMP_NUM_THREADS=1 $(python) benchmarks
ran = $(call quoted,results/$(or $(SCALE),laptop))
on = $(or $(DEVICE),cpu)

benchmark: .venv/complete
	$(measure)/training.py --device=$(call quoted,$(on)) \
		--output=$(call quoted,$(measured)/training_$(on).parquet)
ifneq ($(DEVICE),cuda)
	$(measure)/crossovers.py --training $(measured)/training_cpu.parquet \
		--output $(measured)/crossovers.json
	$(measure)/scaling.py --output $(measured)/scaling.parquet \
		--exponents $(measured)/exponents.parquet
	$(measure)/agreement.py --output $(measured)/agreement.parquet
	$(measure)/exact.py --output $(measured)/exact.parquet
	$(measure)/graph.py --output $(measured)/graph.parquet
	test ! -f $(ran)/uniform/tables/minmax.parquet || $(measure)/certificate.py --results $(ran) \
		--output $(measured)/certificate.parquet
	test ! -d $(ran)/uniform/benchmarks || $(measure)/stages.py --results $(ran) \
		--output $(measured)/stages.parquet
endif
	$(measure)/report.py --measured $(measured) --figure docs/benchmark.png \
		--page docs/benchmarks.md --readme README.md

# Twenty runs through SLURM on two nodes with random kills; reported in docs/soak.md. Needs root.
soak: .venv/complete
	PYTHONPATH=$(PYTHONPATH):tests/helpers $(python) tests/slurm/soak.py --runs 20

gpu-check: .venv/complete
	$(measure)/gpu_check.py --output $(measured)/gpu

format: .venv/complete
	$(bin)/ruff check --fix
	$(bin)/ruff format
	$(bin)/snakefmt workflow

check: .venv/complete
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/snakefmt --check workflow
	$(python) -m snakemake --lint
