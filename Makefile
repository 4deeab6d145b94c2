# Everything runs in .venv, made from requirements-dev.lock (every version with its hashes) when it is not there.
PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-full lint lock sbom clean

help:  ## show this list
	@grep -hE '^[a-z.-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

demo: .venv/.ready  ## a simulated lender, from its tables to a watch list with reasons (into ./demo)
	rm -rf demo
	$(BIN)/risk-warning demo --out demo

serve: .venv/.ready  ## the service with the demo model on http://127.0.0.1:3000, for this machine alone and without keys
	RISK_WARNING_NO_AUTH=1 $(BIN)/bentoml serve --host 127.0.0.1 --port 3000

test: .venv/.ready  ## every test, the slow ones too; what loads or breaks the service, at a tenth of its count
	$(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder

test-full: .venv/.ready  ## the same, whole
	TEST_COUNTS=full $(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder

lint: .venv/.ready  ## style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: .venv/.ready  ## compile both lock files anew from pyproject.toml
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra postgres --group dev -o requirements-dev.lock

sbom: .venv/.ready  ## sbom.cdx.json, what a lender would install, as a CycloneDX bill of materials
	$(BIN)/cyclonedx-py requirements --output-reproducible --of JSON --pyproject pyproject.toml -o sbom.cdx.json requirements.lock

clean:  ## remove .venv and what tools left
	rm -rf .venv sbom.cdx.json dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/.ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > .venv/uv.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip install -q --require-hashes -r requirements-dev.lock
	$(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	touch $@
