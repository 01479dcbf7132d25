# Two commands for a newcomer: make demo, make test. Each makes its own environment in .venv; nothing else is touched.
# Another interpreter, in an environment of its own: make test PYTHON=python3.12 VENV=.venv-3.12
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(BIN)/python -m pip install --quiet --require-virtualenv
# the default tests run on every core; tests with real clients do not, they share servers
SPREAD := -n auto --dist worksteal
SOURCES := $(shell find bases -type f 2>/dev/null) $(wildcard kgen/expand/*.py) hatch_build.py pyproject.toml

.PHONY: help demo test test-all test-lowest lint lint-code lint-format lint-types lint-imports lint-scripts \
  schemas docs goldens bench clients requirements clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "making $(VENV) with $$(scripts/python)"
	@"$$(scripts/python)" -m venv $(VENV)

# kgen itself, editable, with its own dependencies only
$(VENV)/install.done: requirements/install.txt | $(BIN)/python
	@echo "installing kgen's dependencies into $(VENV)"
	@$(PIP) --require-hashes -r requirements/install.txt
	@touch $@

$(VENV)/kgen.done: $(VENV)/install.done $(SOURCES)
	@echo "installing kgen into $(VENV)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.done: requirements/test.txt $(VENV)/install.done
	@echo "installing the test environment into $(VENV)"
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

demo: $(VENV)/kgen.done ## render the worked example and show what came of it
	@scripts/demo $(BIN)/kgen

test: $(VENV)/test.done $(VENV)/kgen.done ## the tests that need nothing but Python
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

test-all: $(VENV)/test.done $(VENV)/kgen.done clients ## every test, the slow ones and those with real clients too
	@$(BIN)/python -m pytest -m "" $(ARGS)

test-lowest: ## the default tests with the lowest versions that pyproject.toml allows, on Python 3.11
	@[ -x .venv-lowest/bin/python ] || "$$(scripts/python 3.11)" -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --require-hashes -r requirements/lowest.txt
	@.venv-lowest/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@.venv-lowest/bin/python -m pytest $(SPREAD) $(ARGS)

lint: lint-code lint-format lint-types lint-imports lint-scripts ## ruff, mypy, import contracts, shellcheck; all of them with make -k lint

lint-code: $(VENV)/test.done
	@$(BIN)/ruff check --quiet .

lint-format: $(VENV)/test.done
	@$(BIN)/ruff format --quiet --check . || { $(BIN)/ruff format --check .; exit 1; }

lint-types: $(VENV)/test.done
	@$(BIN)/mypy

lint-imports: $(VENV)/test.done
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo

lint-scripts: $(VENV)/test.done
	@git ls-files -z | xargs -0 grep -lIE '^#!.*\b(ba)?sh$$' | xargs $(BIN)/shellcheck

schemas: $(VENV)/kgen.done ## write schemas/ anew from the models
	@$(BIN)/python scripts/schemas.py

docs: $(VENV)/kgen.done ## write docs/reference/ anew: command line, kinds, what templates can say
	@for name in cli api templates; do $(BIN)/python scripts/$${name}_reference.py || exit 1; done

goldens: $(VENV)/test.done $(VENV)/kgen.done ## write tests/snapshots anew; read the diff before you commit it
	@$(BIN)/python -m pytest --snapshot-update $(ARGS)

clients: ## build the real clients that tests and benchmarks run, into the cache folder
	@scripts/clients

BENCH := run krm proof diff
bench: ## measure against the targets, as installed from a wheel; needs valgrind, helm and kustomize (make clients)
	@rm -rf build/bench && mkdir -p build/bench
	@[ -x .venv-bench/bin/python ] || "$$(scripts/python)" -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --require-hashes -r requirements/install.txt
	@PATH="$(CURDIR)/.venv-bench/bin:$$PATH" .venv-bench/bin/python -m pip wheel --quiet --no-deps --no-build-isolation -w build/bench .
	@.venv-bench/bin/python -m pip install --quiet --no-deps --force-reinstall build/bench/kgen-*.whl
	@for name in $(BENCH); do .venv-bench/bin/python -m benchmarks.$$name $(ARGS) || exit 1; done

requirements: ## pin the newest versions that requirements/*.in allow
	@[ -x .venv-uv/bin/uv ] || { "$$(scripts/python)" -m venv .venv-uv && .venv-uv/bin/python -m pip install --quiet uv; }
	@for name in install test; do .venv-uv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	@.venv-uv/bin/uv pip compile --quiet --upgrade --resolution lowest-direct --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url requirements/lowest.in -o requirements/lowest.txt

clean: ## remove environments and everything built
	@rm -rf .venv .venv-* build dist kgen/_data .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find kgen/expand/compiled -name '*.py' ! -name '__init__.py' -delete 2>/dev/null || true
