# What people type. `make label` and `make test` do all their set-up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: label picture figures test test-browser test-encoders test-peers test-kill test-hostile test-ray test-remote test-fuzz \
    test-label-studio test-install lint format benchmark memory scaling segmentation teachers train seeds evaluate clean help

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*##/\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.default: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[train,html,parquet,remote,report,hub,onnx,export,dev]'
	@touch $@ $(VENV)/.default

label: $(VENV)/.default  ## label the examples and show the result
	@$(BIN)/natostance label examples/

picture: $(VENV)/.dev  ## the README's picture (needs chromium)
	$(PIP) playwright
	$(BIN)/python docs/picture.py

figures: $(VENV)/.default  ## the model's card, and the README's figures, from its results
	$(BIN)/natostance evaluate eval --part gold --out models/minilm-l6/results-gold.json
	$(BIN)/natostance challenge --model models/minilm-l6 --out models/minilm-l6/challenge.json
	$(BIN)/natostance card models/minilm-l6
	$(BIN)/natostance card models/minilm-l6 --into README.md

# two at a time, each with one thread: threads of two processes on two cores wait for each other
test: $(VENV)/.dev  ## the fast tests, under five minutes on two cores
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

test-peers: $(VENV)/.dev  ## figures and statistics against other packages
	$(PIP) nervaluate seqeval krippendorff pygamma-agreement ppi-python
	$(BIN)/python -m pytest -m peers

test-browser: $(VENV)/.dev  ## reports in headless Chromium (Debian: apt-get install chromium)
	@command -v chromium chromium-browser >/dev/null || { echo "install chromium first"; exit 2; }
	$(PIP) playwright axe-playwright-python
	$(BIN)/python -m pytest -m browser -s

test-encoders: $(VENV)/.dev  ## each kind of encoder that a recipe names, trained in a tiny size
	$(BIN)/python -m pytest -m encoders tests/training

test-kill: $(VENV)/.dev  ## a job of 2,000 articles, killed a hundred times
	$(BIN)/python -m pytest -m kill -s tests/batch

test-hostile: $(VENV)/.dev  ## hostile input at its full size
	$(BIN)/python -m pytest -m hostile --durations=5 tests/batch

test-ray: $(VENV)/.dev  ## a Ray cluster of two nodes on this machine
	$(PIP) -e '.[ray]'
	$(BIN)/python -m pytest -m cluster -s tests/batch

test-remote: $(VENV)/.dev  ## a job on S3 (moto's server), killed and resumed
	$(PIP) s3fs 'moto[server]'
	$(BIN)/python -m pytest -m remote -s tests/batch

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

scaling: $(VENV)/.dev  ## two workers on Ray against one
	$(PIP) -e '.[ray]'
	$(BIN)/python -m benchmarks.ray_workers

SENTENCES ?= 600
ROUNDS ?= 3
MEASURED := --sentences $(SENTENCES) --rounds $(ROUNDS) --write
benchmark: $(VENV)/.dev  ## speed beside peers, each in an environment of its own; into benchmarks/README.md
	$(BIN)/python -m benchmarks.speed $(MEASURED)
	$(BIN)/python -m benchmarks.speed.stages $(MEASURED)

segmentation: $(VENV)/.dev  ## segmentation against its composed gold, beside other segmenters
	$(BIN)/python benchmarks/segmentation.py

FOLDS := 1 2 3 4 5
teachers: $(VENV)/.dev  ## the latest five teachers, and what they say of articles and copies (needs NATOSTANCE_ARTICLES and a hub; hours without a GPU)
	for fold in $(FOLDS); do \
	    test -f runs/teachers-2/$$fold/teacher/run.json || \
	        $(BIN)/natostance train configs/teacher.yaml --seed 2 --fold $$fold/5 --out runs/teachers-2/$$fold || exit; \
	done
	$(BIN)/natostance teach configs/minilm.yaml $(FOLDS:%=--teacher runs/teachers-2/%/teacher) \
	    --before training/said/mpnet.npz --out training/said/mpnet-copies.npz

SEEDS ?= 1 2 3 4 5
# each in its own folder; what was stopped goes on
define run
test -f $(2)/run.json || $(BIN)/natostance train configs/$(1).yaml --out $$(dirname $(2)) $$(test -d $(2)/state && echo --resume)
endef
train: $(VENV)/.dev  ## the released model again: a run, then twice five that go on, and their mean (needs NATOSTANCE_ARTICLES; days without a GPU)
	$(call run,minilm,runs/0/minilm-l6)
	start=runs/0/minilm-l6; for round in 1 2; do \
	    five=; for seed in $(SEEDS); do \
	        out=runs/$$round/seed-$$seed/minilm-l6-continued; five="$$five --start $$out"; \
	        $(call run,minilm-continued,$$out) --start $$start --seed $$seed || exit; \
	    done; \
	    start=runs/$$round/minilm-l6; $(call run,minilm-mean,$$start) $$five || exit; \
	done

RECIPE ?= configs/minilm.yaml
GOLD ?= training --part real --split dev
OF_SEEDS := runs/seeds/$(basename $(notdir $(RECIPE)))
seeds: $(VENV)/.dev  ## a RECIPE with five seeds, mean and spread on GOLD (the default needs NATOSTANCE_ARTICLES; hours without a GPU)
	@mkdir -p $(OF_SEEDS)
	for seed in $(SEEDS); do \
	    test -f $(OF_SEEDS)/$$seed/*/run.json || $(BIN)/natostance train $(RECIPE) --seed $$seed --out $(OF_SEEDS)/$$seed || exit; \
	    $(BIN)/natostance evaluate $(GOLD) --model $(OF_SEEDS)/$$seed/* --out $(OF_SEEDS)/dev-$$seed.json || exit; \
	done
	$(BIN)/natostance compare --seeds $(SEEDS:%=$(OF_SEEDS)/dev-%.json) --out $(OF_SEEDS)/seeds.json

# SPLIT=test opens the real test split: once, for a release
SPLIT ?= dev
MODELS ?= models/minilm-l6 $(wildcard runs/minilm-sentence)
# the baselines learn from what the first model learned from
PARTS := import json, sys; print(*(json.load(open(sys.argv[1] + "/run.json"))["recipe"]["data"]["parts"] or []))
TRAIN_PARTS ?= $(shell $(PYTHON) -c '$(PARTS)' $(firstword $(MODELS)))
COMPARED := $(addprefix --model ,$(MODELS)) --baseline majority --baseline keywords --baseline tfidf \
    --baseline minilm-frozen --train training --cache runs/evaluate/cache
LEARNING := $(addprefix --train-part ,$(TRAIN_PARTS))
REAL := $(if $(filter test,$(SPLIT)),eval --part real,training --part real --split dev)

evaluate: $(VENV)/.dev  ## models and baselines on dev (needs NATOSTANCE_ARTICLES), composed gold, challenge suite; into eval/README.md
	@mkdir -p runs/evaluate
ifneq ($(NATOSTANCE_ARTICLES),)
	$(BIN)/natostance evaluate $(REAL) $(COMPARED) $(LEARNING) --out runs/evaluate/$(SPLIT) \
	    --html runs/evaluate/$(SPLIT).html --markdown eval/README.md --section $(SPLIT)
	$(BIN)/natostance evaluate eval --part gold $(COMPARED) $(LEARNING) --out runs/evaluate/gold \
	    --html runs/evaluate/gold.html --markdown eval/README.md --section gold
	$(BIN)/natostance challenge eval/challenge $(COMPARED) $(LEARNING) --out runs/evaluate/challenge.json \
	    --markdown eval/README.md --section challenge
else
	@echo "NATOSTANCE_ARTICLES is not set: no real articles. Composed ones alone, baselines learn from these;"
	@echo "the tables are in runs/evaluate/, and eval/README.md stays as it is."
	$(BIN)/natostance evaluate eval --part gold $(COMPARED) --train-part articles --out runs/evaluate/gold \
	    --html runs/evaluate/gold.html --markdown runs/evaluate/gold.md
	$(BIN)/natostance challenge eval/challenge $(COMPARED) --train-part articles \
	    --out runs/evaluate/challenge.json --markdown runs/evaluate/challenge.md
endif

clean:           ## remove environments and build products
	rm -rf $(VENV) .venv-label-studio .venv-benchmarks dist build runs
