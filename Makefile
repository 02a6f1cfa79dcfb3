# The workshop. It needs make and Python 3.11 or newer; everything else goes into .venv, pinned and checked by hash.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
DEMO := build/demo

.DELETE_ON_ERROR:
.PHONY: help demo test test-spark fuzz bench bench-view screenshots scenarios ablation scenarios-large lint docs lock clean system

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/run.stamp ## from nothing to the ranked clusters of the sample in data/, and the graph of the first
	$(BIN)/graphlink clusters data/sample/records --run $(DEMO) --force --top 8
	$(BIN)/graphlink view 1 --run $(DEMO) -o $(DEMO)-graph.html

test: system lint ## everything: system packages, .venv, ruff, mypy, pytest
	$(BIN)/python -m pytest -rs

test-spark: system $(VENV)/dev.stamp ## Spark beside DuckDB: a master and two workers on this machine, one of which dies (some minutes)
	SPARK_CLUSTER=1 $(BIN)/python -m pytest -rs tests/test_spark.py tests/test_components.py

fuzz: $(VENV)/dev.stamp ## a million ugly records of a new seed, read and accounted for one by one (some minutes; nightly)
	$(BIN)/python tests/fuzz.py

.PHONY: faults
faults: $(VENV)/dev.stamp ## the whole command, ended or starved at 500 random moments: nothing half-written (half an hour; nightly)
	$(BIN)/python tests/faults.py

bench: $(VENV)/dev.stamp ## what reading costs beside DuckDB's bare reading, then bench-job, into docs/benchmarks.md (ROWS=3000000 REPEATS=5)
	$(BIN)/python tests/bench.py $(ROWS) $(REPEATS)
	$(BIN)/python tests/bench_job.py $(JOB)

.PHONY: bench-job
bench-job: $(VENV)/dev.stamp ## what the whole job costs beside the floor and other tools, and its growth (JOB="100000 1000000 70000000": accounts, events)
	$(BIN)/python tests/bench_job.py $(JOB)

.PHONY: bench-spark
bench-spark: system $(VENV)/dev.stamp ## what a million events cost on Spark and on DuckDB, into docs/scale.md (some minutes)
	$(BIN)/python tests/bench_spark.py

bench-view: system $(VENV)/dev.stamp ## how soon the graph of a large ring can be used, and how smoothly it moves, into docs/benchmarks.md
	$(BIN)/python tests/bench_view.py

screenshots: system $(VENV)/dev.stamp ## the pictures in docs/pictures, made anew (takes poppler-utils and pngquant)
	$(BIN)/python tests/screenshots.py

.PHONY: notebooks
notebooks: $(VENV)/dev.stamp ## the notebooks with what they print, at full size, into build/notebooks (NOTEBOOKS="04" ACCOUNTS=205000)
	$(if $(ACCOUNTS),GRAPHLINK_ACCOUNTS=$(ACCOUNTS)) $(BIN)/python tests/notebooks.py $(NOTEBOOKS)

scenarios: $(VENV)/dev.stamp ## what detection reaches in made worlds, into docs/detection.md (ACCOUNTS=20000 SEEDS=101,102 WORLDS=s1,s4)
	$(BIN)/python tests/scenarios.py worlds $(ASKED)

ablation: $(VENV)/dev.stamp ## what each family of evidence and each mechanism of linking earns, into docs/detection.md (the same)
	$(BIN)/python tests/scenarios.py ablation $(ASKED)

scenarios-large: $(VENV)/dev.stamp ## s7 and s12, with millions of accounts, into docs/detection.md (hours; ACCOUNTS=1000000 WORLDS=s7)
	$(BIN)/python tests/scenarios.py large $(ASKED)

.PHONY: other-hand
other-hand: $(VENV)/dev.stamp ## what the whole job makes of worlds by another hand, into docs/detection.md (ACCOUNTS=6000 SEEDS=1,2 WORLDS=none)
	$(BIN)/python tests/other_hand.py $(ASKED)

.PHONY: third-hand
third-hand: $(VENV)/dev.stamp ## honest units that run like machines, beside rings, by a third hand, into docs/detection.md (ACCOUNTS=6000 SEEDS=701,702 WORLDS=none)
	$(BIN)/python tests/third_hand.py $(ASKED)

.PHONY: fourth-hand
fourth-hand: $(VENV)/dev.stamp ## dense worlds of ten themes by a fourth hand, into docs/detection.md (ACCOUNTS=6000 SEEDS=801,802 WORLDS=mixed,norings)
	$(BIN)/python tests/fourth_hand.py $(ASKED)

.PHONY: fifth-hand
fifth-hand: $(VENV)/dev.stamp ## free worlds by a fifth hand, and hard ones with units made to look like rings, into docs/detection.md (ACCOUNTS=6500 SEEDS=931,932 WORLDS=free,hard)
	$(BIN)/python tests/fifth_hand.py $(ASKED)

lint: $(VENV)/dev.stamp ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy graphlink

.PHONY: judging
judging: $(VENV)/dev.stamp ## what each finding is worth and whether scores hold, into docs/judging.md (SEEDS=101,102)
	$(BIN)/python tests/judging.py --seeds $(or $(SEEDS),101,102)

docs: $(VENV)/dev.stamp ## run the commands that README.md shows, and write down what they print
	$(BIN)/python tests/console.py README.md

lock: $(VENV)/dev.stamp ## choose the newest versions of all dependencies and write their hashes to requirements/
	$(BIN)/uv pip compile $(LOCK) pyproject.toml requirements/build.in --output-file requirements/run.txt
	$(BIN)/uv pip compile $(LOCK) --extra dev --constraint requirements/run.txt \
		pyproject.toml requirements/build.in --output-file requirements/dev.txt

clean: ## remove .venv and everything else that is made here
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

ASKED = $(if $(ACCOUNTS),--accounts $(ACCOUNTS)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(WORLDS),--worlds $(WORLDS))

LOCK := --quiet --upgrade --universal --annotation-style line --python-version 3.11 --generate-hashes --custom-compile-command 'make lock'

system:
	@.ci/system

$(VENV)/venv.stamp:
	@python=$$(.ci/python) && $$python -m venv --clear $(VENV)
	@touch $@

$(VENV)/%.stamp: requirements/%.txt pyproject.toml | $(VENV)/venv.stamp
	@echo "installing requirements/$*.txt into $(VENV) (some minutes the first time)"
	@$(PIP) install --require-hashes --requirement $<
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@
