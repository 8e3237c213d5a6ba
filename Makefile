# Everything that one does with a checkout. `make` alone lists it.

# The Python that makes the virtual environment: any from 3.11 on.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Whatever pip is set to on this machine, the hashes in the locks decide what may be installed.
export PIP_USER := false
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
PAGE := graphiql/dist/index.html
PAGE_SOURCES := $(wildcard graphiql/src/*) $(addprefix graphiql/,index.html vite.config.js)
PAGE_PACKAGES := graphiql/node_modules/.package-lock.json
WITH_NODE := cd graphiql && ./with-node ../$(VENV)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo test test-all check schema bench lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime $(PAGE) ## install what adgraph runs on, and build GraphiQL

setup-dev: $(VENV)/.dev $(PAGE)

demo: setup ## serve demo data and GraphiQL on 127.0.0.1:8000
	@exec $(BIN)/adgraph demo

test: setup-dev ## run the tests on a real PostgreSQL, but for slow ones; ARGS="-k window" passes options to pytest
	@exec $(BIN)/pytest -n auto -m "not slow" $(ARGS)

test-all: setup-dev ## run the slow ones, too: the oracles, imports that are killed, whole benchmarks
	@exec $(BIN)/pytest -n auto $(ARGS)

check: setup-dev ## ruff, mypy, the layers, and schema.graphql against the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/adgraph schema | diff -u schema.graphql - || { echo 'schema.graphql is not what the code says: run `make schema`.' >&2; exit 1; }
	@$(BIN)/adgraph metrics | diff -u docs/metrics.md - || { echo 'docs/metrics.md is not what the code says: run `make schema`.' >&2; exit 1; }

schema: setup ## print schema.graphql, and docs/metrics.md
	@$(BIN)/adgraph schema > $(VENV)/schema.graphql
	@cp $(VENV)/schema.graphql schema.graphql
	@$(BIN)/adgraph metrics > $(VENV)/metrics.md
	@cp $(VENV)/metrics.md docs/metrics.md

bench: setup-dev ## measure adgraph beside hand-written code
	@exec $(BIN)/python -m bench

lock: setup-dev ## resolve the dependencies anew: make lock UPGRADE=--upgrade for their latest versions
	$(UV_COMPILE) pyproject.toml --group build --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --group build --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(UV_COMPILE) --group node --output-file requirements-node.lock
	$(WITH_NODE) npm install --package-lock-only --loglevel=error

clean: ## remove what setup made; data stays
	rm -rf $(VENV) graphiql/node_modules graphiql/dist

# One lock for every system and for every Python from 3.11 on, free of the addresses that packages came from.
UV_COMPILE = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "adgraph needs Python 3.11 or newer; $(PYTHON) is older or missing. Install one, or name it: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Installing the locked dependencies ..."
	@$(PIP_INSTALL) --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing the locked development tools ..."
	@$(PIP_INSTALL) --requirement requirements-dev.lock
	@touch $@

$(PAGE_PACKAGES): $(VENV)/.made requirements-node.lock graphiql/package.json graphiql/package-lock.json graphiql/.npmrc
	@echo "Installing what GraphiQL is built from ..."
	@$(WITH_NODE) npm ci --loglevel=error
	@touch $@

$(PAGE): $(PAGE_PACKAGES) $(PAGE_SOURCES)
	@echo "Building GraphiQL ..."
	@$(WITH_NODE) npm run --silent build -- --logLevel=warn
	@touch $@
