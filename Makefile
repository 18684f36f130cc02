# Everything a checkout needs, from an empty machine with Python 3.11, make and a package index. `make help` lists it.
# No step wants root, a container engine or a running database; each may be repeated.

PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 2
MINUTES ?= 5
SEED ?= 1
REDOCLY := @redocly/cli@2.77.0
SPECTRAL := @stoplight/spectral-cli@6.16.3

# Relative paths only: a checkout may lie under a path with spaces.
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK = $(BIN)/uv pip compile --universal --generate-hashes --no-header --no-annotate --quiet

# Stamps inside the environment: a repeated target starts at once, a changed lock file installs again.
MADE := $(VENV)/.made
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test check lint format types imports migrations openapi lint-openapi release-openapi fuzz \
        clients bench migration lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-15s %s\n", $$1, $$2}' Makefile

install: $(DEV) ## Set up .venv with everything, for work on the code

run: $(RUN) ## Serve the product with demonstration data on http://127.0.0.1:8000 (PORT=8123 for another)
	@exec $(BIN)/dienhinh demo --port $(PORT)

test: $(DEV) ## Run the whole test suite (WORKERS=2; ARGS="tests/units -x" for a part)
	@exec $(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

# One recipe, not prerequisites: the order and the last line stay the same under `make -j`.
check: $(DEV) ## What must hold before a change lands: lint, types, imports, OpenAPI, then all tests
	@echo '== Lint and format'
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@echo '== Types'
	@$(BIN)/mypy
	@echo '== Import contracts'
	@$(BIN)/lint-imports --no-logo
	@echo '== OpenAPI document'
	@$(BIN)/dienhinh openapi --check
	@$(BIN)/dienhinh openapi --compare openapi/released.json
	@echo '== Tests, migrations up and down among them'
	@$(BIN)/python -m pytest -q -n $(WORKERS)

lint: $(DEV) ## Report what ruff finds
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(DEV) ## Let ruff rewrite what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(DEV) ## Check the types, tests included
	@$(BIN)/mypy

imports: $(DEV) ## Check which way imports point
	@$(BIN)/lint-imports --no-logo

migrations: $(DEV) ## Test the migrations: up, down, and that they make what the models declare
	@$(BIN)/python -m pytest -q tests/migrations

openapi: $(DEV) ## Write openapi/openapi.json from the code
	@$(BIN)/dienhinh openapi

lint-openapi: $(DEV) ## Lint openapi/openapi.json with Redocly CLI and Spectral (they need Node.js 20 or later)
	@$(BIN)/dienhinh openapi --check
	@command -v npx >/dev/null || { echo 'npx was not found: both linters need Node.js 20 or later, nothing was linted.'; exit 1; }
	@echo '== Redocly'
	@npx --yes $(REDOCLY) lint openapi/openapi.json
	@echo '== Spectral'
	@npx --yes $(SPECTRAL) lint --fail-severity hint openapi/openapi.json

release-openapi: $(DEV) ## Make today's document the released one, which `make check` holds later ones to
	@$(BIN)/dienhinh openapi --check
	@cp openapi/openapi.json openapi/released.json
	@echo 'openapi/released.json is the document of this release: commit it.'

fuzz: $(DEV) ## Try the API with generated requests (MINUTES=5 SEED=1 ARGS="...")
	@exec $(BIN)/python -m tests.fuzz --minutes $(MINUTES) --seed $(SEED) $(ARGS)

clients: $(DEV) ## Generate typed clients into var/clients and try them (TypeScript needs Node.js 20 or later)
	@sh clients/generate.sh
	@exec $(BIN)/python -m pytest -q -p no:randomly tests/clients/test_generated.py

bench: $(DEV) ## Measure the speed on a national data set (takes long; ARGS="--help")
	@exec $(BIN)/python -m bench $(ARGS)

migration: $(DEV) ## Draft a migration from the models: make migration NAME="add awards"
	@test -n '$(NAME)' || { echo 'Say what it does: make migration NAME="add awards"' >&2; exit 1; }
	@$(BIN)/python -m migrations.draft '$(NAME)'

# The three files agree, since each is held to the one before it. None names the address of an index.
lock: $(MADE) ## Resolve the dependencies anew (UPGRADE=--upgrade takes newer releases)
	$(PIP) install uv
	$(LOCK) $(UPGRADE) pyproject.toml -o requirements.lock
	$(LOCK) $(UPGRADE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) $(UPGRADE) --group build -c requirements-dev.lock -o requirements-build.lock

clean: ## Remove the environment and caches; the database under var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
	find app migrations tests bench clients -name __pycache__ -type d -prune -exec rm -rf {} +

# --- installation ----------------------------------------------------------------------------------------------------

$(MADE):
	@command -v '$(PYTHON)' >/dev/null || { \
	  echo 'Không tìm thấy $(PYTHON) / $(PYTHON) was not found. Python 3.11+: make PYTHON=/path/to/python3' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Cần Python 3.11 trở lên / Python 3.11 or later is needed; $(PYTHON) is $$('$(PYTHON)' -V 2>&1)." >&2; \
	  echo 'make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@if '$(PYTHON)' -c 'import ensurepip' 2>/dev/null; then \
	  '$(PYTHON)' -m venv $(VENV); \
	elif '$(PYTHON)' -m pip --version >/dev/null 2>&1; then \
	  '$(PYTHON)' -m venv --without-pip $(VENV) && '$(PYTHON)' -m pip --python $(BIN)/python install --quiet pip; \
	else \
	  echo 'Python này thiếu ensurepip / this Python lacks ensurepip. Debian, Ubuntu: apt install python3-venv' >&2; exit 1; \
	fi
	@touch $@

# Where PYTHONDONTWRITEBYTECODE is set, every start would compile a thousand files anew: half of the time to start.
# A file for another Python does not compile; nobody imports it.
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib app migrations || true

# The build backend is locked too, so nothing is fetched that the lock files do not name.
$(RUN): $(MADE) requirements.lock requirements-build.lock pyproject.toml
	@echo 'Installing what the product needs into $(VENV); the first time takes a minute or more ...' >&2
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	@echo 'Installing what its tests need into $(VENV) ...' >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(COMPILE)
	@touch $@
