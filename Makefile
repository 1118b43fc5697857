# What people type. `make label` and `make test` do all their set-up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: label test test-peers test-kill test-hostile test-ray test-fuzz memory test-label-studio test-install lint format segmentation train evaluate clean help

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*##/\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.default: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[train,html,parquet,remote,report,hub,onnx,dev]'
	@touch $@ $(VENV)/.default

label: $(VENV)/.default  ## label the examples and show the result
	@$(BIN)/natostance label examples/

test: $(VENV)/.dev  ## the fast tests, under five minutes on two cores
	$(BIN)/python -m pytest

test-peers: $(VENV)/.dev  ## figures and statistics against other packages
	$(PIP) nervaluate seqeval krippendorff pygamma-agreement
	$(BIN)/python -m pytest -m peers

test-kill: $(VENV)/.dev  ## a job of 2,000 articles, killed a hundred times
	$(BIN)/python -m pytest -m kill -s tests/batch

test-hostile: $(VENV)/.dev  ## hostile input at its full size
	$(BIN)/python -m pytest -m hostile --durations=5 tests/batch

test-ray: $(VENV)/.dev  ## a Ray cluster of two nodes on this machine
	$(PIP) -e '.[ray]'
	$(BIN)/python -m pytest -m cluster -s tests/batch

test-fuzz: $(VENV)/.dev  ## random input, FUZZ_SECONDS (20) for each parser
	$(PIP) atheris
	$(BIN)/python -m pytest -m fuzz -s tests/batch

test-label-studio:  ## a real Label Studio, in an environment of its own
	PYTHON=$(PYTHON) sh tests/label_studio/run.sh

test-install: | $(BIN)/python  ## the wheel in a new environment: size, no torch, labels, evaluates
	PYTHON=$(PYTHON) sh tests/install.sh

lint: $(VENV)/.dev  ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

memory: $(VENV)/.dev  ## resident memory over a million sentences
	$(BIN)/python benchmarks/memory.py

segmentation: $(VENV)/.dev  ## segmentation against its composed gold, beside other segmenters
	$(BIN)/python benchmarks/segmentation.py

train: $(VENV)/.dev  ## the released model again (needs NATOSTANCE_ARTICLES)
	$(BIN)/natostance train configs/minilm.yaml

clean:           ## remove environments and build products
	rm -rf $(VENV) .venv-label-studio dist build runs
