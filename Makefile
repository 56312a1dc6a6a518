# Kindrelay. `make run` serves it with demo content, `make test` tests it; both need Python 3.11, git and make alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
CATALOGUES := $(wildcard app/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(CATALOGUES:.po=.mo)
TEMPLATES := $(wildcard templates)

# A machine may forbid Python to cache compiled modules; every process of the platform would then compile them anew.
export PYTHONDONTWRITEBYTECODE :=
export UV_NO_PROGRESS := 1
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev run test fuzz-money lint bench lock messages

help:
	@echo "make run       set everything up and serve Kindrelay with demo content (KINDRELAY_PORT, KINDRELAY_HOME)"
	@echo "make test      run every test on real engines and a real browser"
	@echo "make fuzz-money  play 2,000 long stories of payments against the books"
	@echo "make lint      check style, types, import rules and templates"
	@echo "make setup     only prepare $(VENV), with $(BIN)/kindrelay in it"
	@echo "make bench     run the benchmarks"
	@echo "make lock      refresh the requirements files from pyproject.toml"
	@echo "make messages  refresh the translation catalogues from the source"

setup: $(VENV)/ready $(COMPILED)

setup-dev: $(VENV)/ready-dev $(COMPILED)

run: setup
	@exec $(BIN)/kindrelay up --demo

test: setup-dev
	@$(BIN)/python -m tests.browser_binary
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder  # by file, in the order that tests/conftest.py gives

fuzz-money: setup-dev
	FUZZ_MONEY=1 $(BIN)/pytest -v -n 2 tests/donations/test_money_machine.py  # 20 parts, each said when it ends

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(if $(TEMPLATES),$(BIN)/djlint --lint --quiet $(TEMPLATES))

bench: setup-dev
	$(BIN)/python -m bench

$(UV): requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Kindrelay needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
		echo "Install one, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	@touch $@

$(VENV)/ready: $(UV) requirements.txt pyproject.toml
	@echo "Installing the libraries and engines (about 0.8 GB the first time)"
	@$(UV) pip install --quiet --require-hashes -r requirements.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	@echo "Installing what the tests and checks need"
	@$(UV) pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

%.mo: %.po $(VENV)/ready
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

lock: $(UV)
	$(UV) lock --upgrade
	$(UV) export --quiet --no-emit-project --extra embedded --no-dev --output-file requirements.txt
	$(UV) export --quiet --no-emit-project --extra embedded --output-file requirements-dev.txt

messages: setup-dev
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keyword N_ --keyword _l --keyword plural:1,2 \
		--no-location --sort-output --project Kindrelay --version 0.1 --copyright-holder Kindrelay \
		--msgid-bugs-address Kindrelay --output-file $(VENV)/messages.pot .
	@for language in zh_Hans; do \
		catalogue=app/translations/$$language/LC_MESSAGES/messages.po; \
		test -f $$catalogue || $(BIN)/pybabel --quiet init --input-file $(VENV)/messages.pot --output-file $$catalogue \
			--locale $$language; \
		$(BIN)/pybabel update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
			--input-file $(VENV)/messages.pot --output-file $$catalogue --locale $$language; \
	done
