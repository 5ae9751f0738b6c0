# What one does with a checkout; `make` lists it. Everything lands in .venv, nothing else is touched.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test lint format bench bench-gpu bench-quality screenshots env clean

PORT ?= 5006
WORKERS ?= 2
BIN := .venv/bin

help: ## list these lines
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 22

demo: .venv/demo.stamp ## serve the dashboard with a sample image open (PORT=5006)
	$(BIN)/vitsci-viz serve --port $(PORT)

test: .venv/test.stamp lint ## check everything: the linters, then every test
	$(BIN)/python -m pytest -n $(WORKERS)

lint: .venv/test.stamp ## ruff, import-linter, pyright, codespell, nbstripout
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/codespell
	$(BIN)/nbstripout --verify notebooks/*.ipynb

format: .venv/test.stamp ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test.stamp ## measure speed and write the table into README.md
	$(BIN)/python -m tests.benchmarks.run

bench-gpu: .venv/test.stamp ## measure speed on a GPU and print the table
	$(BIN)/python -m tests.benchmarks.run tomography_gpu

bench-quality: .venv/test.stamp ## train and compare models for hours; goes on where it was stopped
	$(BIN)/python -m tests.benchmarks.quality.run

screenshots: .venv/test.stamp ## renew the pictures of README.md from the browser tests
	VITSCI_VIZ_README=1 $(BIN)/python -m pytest -m browser tests

env: .venv/dev.stamp ## everything a developer needs, with the pre-commit hooks
	$(BIN)/pre-commit install

clean: ## remove what was built, the environment included
	rm -rf .venv build dist artefacts .pytest_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache
	find vitsci_viz tests apps notebooks -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that the environment holds what pyproject.toml and constraints.txt ask for.
.venv/demo.stamp: pyproject.toml constraints.txt
	@tools/install.sh panel,models
	@tools/system.sh
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt
	@tools/install.sh test
	@tools/system.sh browser
	@touch $@

.venv/dev.stamp: .venv/test.stamp
	@tools/install.sh dev
	@touch $@
