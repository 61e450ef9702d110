# Opis: one command for each habit. `make` alone prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
HOME_DIR ?= opis-data
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	>/dev/null 2>&1 && { echo $$p; break; }; done)
PACKAGES := python3-venv tesseract-ocr tesseract-ocr-ron tesseract-ocr-osd poppler-utils 'libzbar0|libzbar0t64' fonts-dejavu-core
TEST_PACKAGES := maven postgresql iproute2 openssl

.PHONY: help install packages run dev test lint check bench image-check clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: packages $(STAMP) ## install Debian packages and the virtual environment

packages:
	@bin/debian-packages $(PACKAGES)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $(STAMP)

dev: install $(DEV_STAMP) ## install what tests, checks and benchmarks need too: servers among it
	@bin/debian-packages $(TEST_PACKAGES)

$(DEV_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(DEV_STAMP)

run: install ## a demo batch through everything, then the web page on http://127.0.0.1:8000
	@bin/run-demo $(BIN)/opis $(HOME_DIR)

test: dev ## all tests, on real servers that it starts
	$(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

lint: dev ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## what a change must pass

bench: dev ## speed side by side with bare tesseract
	$(BIN)/python -m bench

image-check: ## the Dockerfile's steps in a bare Debian root, started and asked (root, no Docker)
	@bin/image-check

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
