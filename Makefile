# Everything a user runs: make audit, make test. Needs Python 3.11 or 3.12, a C compiler and make.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: setup audit test check bench clean

setup: $(VENV)/ready

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))" || (echo "Python 3.11 or 3.12 is needed" >&2; exit 1)
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

audit: setup
	# Exit status 1 says that something is in breach or undecided, which is a result and not a failure.
	$(RUN)/compliance batch --evidence data --out reports || [ $$? -eq 1 ]

test: setup check
	$(RUN)/python -m pytest
	$(RUN)/compliance rules lint
	$(RUN)/compliance rules test --complete

check: setup
	$(RUN)/ruff check src tests
	$(RUN)/lint-imports

# Ratios against a baseline of the same run; BENCH="--millions 10" for the full size, --help for the rest.
bench: setup
	$(RUN)/python benchmarks/run.py $(BENCH)

clean:
	rm -rf reports build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
