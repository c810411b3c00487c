# make demo   play the first conversation on the embedded reference provider
# make test   run the tests
# make quick  run those that need no browser and no patience, in less than two minutes
# make check  formatting, lint, types, layers, tests with coverage
# make newest, make oldest   run the quick tests on the newest and oldest versions that pyproject.toml allows
# make lock   renew uv.lock, which says what all the others install
# make long   search with 10,000 examples for each property for mistakes of the reader and the linter, and for what
#             webhooks, files, answers, documents or scenarios can do
# make bench  measure; prints ratios
# make pictures  take those of the console in docs/pictures anew; needs Chromium

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count() + 1)")

# uv installs what uv.lock says. It comes in the version that pyproject.toml names, by pip, into a folder of its own.
UV_VERSION := $(shell sed -n 's/^required-version = "==\(.*\)"/\1/p' pyproject.toml)
UV := .cache/uv-$(UV_VERSION)/bin/uv
export UV_PYTHON ?= $(PYTHON)
export UV_PYTHON_DOWNLOADS := never
# The tests start hundreds of processes: compile what is installed once, not at each start.
export UV_COMPILE_BYTECODE := 1
SYNC = env -u VIRTUAL_ENV $(UV) sync --quiet --locked

.PHONY: demo test quick check format lint types layers coverage newest oldest lock long bench pictures clean

demo: $(VENV)/.installed
	@$(BIN)/ringo-emu run scenarios/ --tags 'not content' -v

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n $(WORKERS)

quick: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not browser"

check: lint types layers coverage

lint: $(VENV)/.installed-dev
	@$(UV) lock --check --quiet
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

layers: $(VENV)/.installed-dev
	@$(BIN)/lint-imports

coverage: $(VENV)/.installed-dev
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n $(WORKERS) -m "not browser"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=95

long: $(VENV)/.installed-dev
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n $(WORKERS) --timeout 3600 tests/core/test_json_text.py \
		tests/core/test_reading.py tests/core/test_linting.py tests/core/test_fixing.py tests/core/test_shape_schema.py \
		tests/core/test_bodies.py tests/scenario/test_yaml_text.py tests/test_fuzz.py tests/test_linear.py tests/test_readers.py

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m bench.run

pictures: $(VENV)/.installed-dev
	@$(BIN)/python docs/pictures.py

clean:
	rm -rf $(VENV) .cache build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The quick tests with other versions than the locked ones, in an environment of their own.
newest oldest: $(UV)
	@echo "installing the $@ versions that pyproject.toml allows ..."
	@$(UV) venv --quiet --clear .cache/$@
	@VIRTUAL_ENV=.cache/$@ $(UV) pip install --quiet --editable . --group dev \
		--resolution $(if $(filter newest,$@),highest,lowest-direct)
	@.cache/$@/bin/python -m pytest -n $(WORKERS) -m "not slow and not browser"

lock: $(UV)
	@$(UV) lock --upgrade

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "ringo-emu needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .cache/uv-$(UV_VERSION) uv==$(UV_VERSION)

$(VENV)/.installed: pyproject.toml uv.lock | $(UV)
	@echo "installing ringo-emu into $(VENV) ..."
	@$(SYNC) --no-dev
	@touch $@

$(VENV)/.installed-dev: pyproject.toml uv.lock | $(UV)
	@echo "installing ringo-emu and its development tools into $(VENV) ..."
	@# The tests of OAuth 2.0 start a real authorization server, which needs node and npm.
	@$(SYNC) $$(command -v npm >/dev/null 2>&1 || echo --group node)
	@touch $@ $(VENV)/.installed
