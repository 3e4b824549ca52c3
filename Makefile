# make demo, make test: all that a fresh machine with Python, pip, make and git needs.
# Behind a mirror set PIP_INDEX_URL (or UV_DEFAULT_INDEX); PY=python3.13 selects an interpreter.

PY ?= python3
VENV ?= .venv
V := $(VENV)/bin/python
UV := $(shell command -v uv 2>/dev/null)
DECIDING := src/icpgate/number/*,src/icpgate/rules/*,src/icpgate/policy/*,src/icpgate/decision/*

.PHONY: demo test test-all soak lint types bench docs format clean
.DELETE_ON_ERROR:

# $(call install,EXTRAS): an editable install into the environment, by uv where there is one, else by pip,
# with or without the venv module's own pip.
ifneq ($(UV),)
install = $(UV) venv -q --allow-existing -p $(PY) $(VENV) && $(UV) pip install -q -p $(V) -e '.[$(1)]'
else
install = { test -x $(V) || $(PY) -m venv --without-pip $(VENV); } && \
	{ $(PY) -m pip --python $(VENV) install -q --disable-pip-version-check -e '.[$(1)]' \
	|| { $(PY) -m venv --upgrade-deps $(VENV) && $(V) -m pip install -q -e '.[$(1)]'; }; }
endif

$(VENV)/.demo: pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "python >= 3.11 is needed; PY=... selects one")'
	$(call install,cli$(,)server)
	@touch $@

$(VENV)/.test: pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "python >= 3.11 is needed; PY=... selects one")'
	$(call install,test)
	@touch $@ $(VENV)/.demo

$(VENV)/.dev: $(VENV)/.test
	$(call install,dev)
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(call install,bench)
	@touch $@

$(VENV)/.test-all: $(VENV)/.test
	$(call install,test-all$(,)dev)
	@touch $@

, := ,

demo: $(VENV)/.demo
	@$(V) -m icpgate demo

test: $(VENV)/.test
	@$(V) -m coverage erase
	$(V) -m pytest -q -n 2 --cov --cov-report=
	@$(V) -m coverage report --include='$(DECIDING)' --fail-under=100
	@$(V) -m coverage report --fail-under=95 | tail -n 1

# Everything: the tests with more examples and no skip, and with the other HTTP library; the mutation score, the second
# type checker.
test-all: $(VENV)/.test-all lint types
	$(V) -m pytest -q -n 2 --hypothesis-profile=all --no-skips --timeout=1800
	$(V) -m pytest -q -n 2 --http-library=httpx2
	$(V) -m pyright --pythonpath $(V) tests/typing
	$(V) tests/mutation.py

# The big counts; what they showed goes to docs/evidence.md.
soak: $(VENV)/.test
	$(V) tests/soak/run.py

lint: $(VENV)/.dev
	$(V) -m ruff check .
	$(V) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

types: $(VENV)/.dev
	$(V) -m mypy

bench: $(VENV)/.bench
	$(V) tests/benchmarks/run.py

# The generated pages: the policy table, the reason codes, the commands, the schema.
docs: $(VENV)/.test
	$(V) docs/generate.py

format: $(VENV)/.dev
	$(V) -m ruff check --fix-only -q .
	$(V) -m ruff format -q .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist build mutants
