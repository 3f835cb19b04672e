# Two commands: `make build` builds every service of pipeline.toml, `make test` runs all that CI runs.
# Where a Dagger Engine can be reached, `make test-dagger` checks that it makes the images that the embedded engine makes.
PYTHON ?= python3
VENV := .venv

.PHONY: build test test-corpus test-slow checks test-dagger coverage mutation docs bench scale replay lock clean

build: $(VENV)/installed
	@$(VENV)/bin/pipeline build

test: checks
	@$(VENV)/bin/pytest --numprocesses=auto --maxprocesses=4

# Every repository of tests/corpus; `make test` has six of them. CI runs it.
test-corpus: $(VENV)/installed-dev
	@$(VENV)/bin/pytest -m '' tests/corpus tests/engine/test_corpus.py

# What takes long for what it adds; those repositories, too.
test-slow: $(VENV)/installed-dev
	@$(VENV)/bin/pytest -m slow --numprocesses=auto --maxprocesses=4

# What pre-commit runs, too.
checks: $(VENV)/installed-dev
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

test-dagger: $(VENV)/installed-dev
	@$(VENV)/bin/pytest -m dagger

# Of all tests, or of those that TESTS names, with all processes that they start.
coverage: $(VENV)/installed-dev
	@$(VENV)/bin/coverage erase
	@$(VENV)/bin/coverage run -m pytest --numprocesses=auto --maxprocesses=4 $(TESTS)
	@$(VENV)/bin/coverage combine --quiet
	@$(VENV)/bin/coverage report

# Half an hour; what was tried once is not tried again unless its function or the tests changed. MUTANTS names some.
mutation: $(VENV)/installed-mutation
	@$(VENV)/bin/mutmut run $(MUTANTS)
	@$(VENV)/bin/mutmut results

docs: $(VENV)/installed-dev
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet
	@echo "dist/site/index.html"

bench: $(VENV)/installed-dev
	@PYTHONPATH=tests $(VENV)/bin/python bench/run.py

scale: $(VENV)/installed
	@$(VENV)/bin/python bench/scale $(SCALE)

replay: $(VENV)/installed-dev
	@PYTHONPATH=tests:bench $(VENV)/bin/python bench/replay $(REPLAY)

# With the pinned versions of today, unless one no longer fits; `--upgrade` in LOCK takes the newest. Needs uv.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-sources

lock:
	@$(LOCK) pyproject.toml --extra sign --group build --output-file requirements.lock
	@$(LOCK) pyproject.toml --extra sign --group build --group dev --constraints requirements.lock --output-file requirements-dev.lock
	@$(LOCK) --group mutation --constraints requirements-dev.lock --output-file requirements-mutation.lock
	@$(LOCK) --group docs --constraints requirements-dev.lock --output-file requirements-docs.lock

# Bytecode for `python -O` is made here, since a console script must not pay for it at its first start.
$(VENV)/installed: requirements.lock pyproject.toml
	@echo "installing pipeline into $(VENV)"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(VENV)/bin/python -O -m compileall -q -j 0 $$($(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') src
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock requirements-docs.lock
	@echo "installing the development tools into $(VENV)"
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-docs.lock
	@touch $@

$(VENV)/installed-mutation: $(VENV)/installed-dev requirements-mutation.lock
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-mutation.lock
	@touch $@

clean:
	@rm -rf $(VENV) dist mutants
