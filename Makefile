# The few verbs. Each works after a clone, with nothing but Python 3.11 or newer, its venv module and make.

PYTHON ?= python3
BIN := .venv/bin
UV := .make/uv/bin/uv
READY := .make/ready
GO := $(CURDIR)/.make/go
HELM := helm.sh/helm/v4/cmd/helm@v4.3.1
ASYNCAPI := @asyncapi/parser@3.6.6
KUBECONFORM := github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
COMPOSE := github.com/compose-spec/compose-go/v2/cmd@v2.16.2

.PHONY: dev test browser services services-stop charts asyncapi check chaos bench schema docs lock format clean
.DEFAULT_GOAL := dev

dev: $(READY)  ## serve on this machine, with a database of its own and sample data
	@$(BIN)/oms dev || test $$? -eq 130  # Ctrl-C is how it ends

test: $(READY) browser charts asyncapi  ## every test, with the coverage of the domain and the services
	@$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term

browser:  # the tests look at the pages in a real one
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium for the tests of the pages ..."; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; \
	else echo "make: chromium is not installed: the tests of the pages are skipped (Debian and Ubuntu: apt install chromium)" >&2; fi

services: $(READY)  ## the real servers on this machine: PostgreSQL, Redis, Kafka, OpenSearch, Neo4j, Keycloak
	@$(BIN)/oms services start

services-stop: $(READY)  ## end what `make services` started
	@$(BIN)/oms services stop

charts:  # the tests hold the Helm chart and compose.yaml against the real tools, which are built from their sources
	@if command -v go >/dev/null; then \
		test -x $(GO)/helm || { echo "Building helm ..."; GOBIN=$(GO) GOFLAGS= go install $(HELM) 2>/dev/null; }; \
		test -x $(GO)/kubeconform || GOBIN=$(GO) GOFLAGS= go install $(KUBECONFORM) 2>/dev/null; \
		test -x $(GO)/compose-spec || { GOBIN=$(GO) GOFLAGS= go install $(COMPOSE) 2>/dev/null && mv $(GO)/cmd $(GO)/compose-spec; }; \
	else echo "make: go is not installed: the tests of the Helm chart and of compose.yaml are skipped" >&2; fi

asyncapi:  # the tests hold the AsyncAPI document against the official parser
	@if command -v npm >/dev/null; then \
		test -d .make/asyncapi/node_modules/@asyncapi/parser || { echo "Installing $(ASYNCAPI) ..."; mkdir -p .make/asyncapi && \
		npm install --silent --no-audit --no-fund --ignore-scripts --prefix .make/asyncapi $(ASYNCAPI); } \
			|| echo "make: $(ASYNCAPI) cannot be installed: the tests of the AsyncAPI document are skipped" >&2; \
	else echo "make: Node.js is not installed: the tests of the AsyncAPI document are skipped" >&2; fi

check: $(READY)  ## the static part: format, lint, types, contracts, schema, pages
	@$(BIN)/ruff format --check --quiet . || { echo "make: the format differs: run 'make format'" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/oms schema check
	@$(BIN)/oms docs --check

chaos: $(READY)  ## break everything while people work, plant every known bug, and write a report
	@$(BIN)/python -m tests.chaos --write

bench: $(READY)  ## measure, as ratios in one run
	@$(BIN)/python -m bench

schema: $(READY)  ## write schema.graphql
	@$(BIN)/oms schema write

docs: $(READY)  ## write the pages that are made from code
	@$(BIN)/oms docs

format: $(READY)  ## bring the code into shape
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

lock: $(UV)  ## refresh requirements.lock: hashes, and no host of a registry
	@$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --all-extras pyproject.toml -o requirements.lock

clean:  ## remove what was built; the data stays
	@rm -rf .venv .make build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*

$(READY): requirements.lock pyproject.toml $(UV)
	@echo "Setting up .venv from requirements.lock ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

$(UV):
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not installed: install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "make: Python 3.11 or newer is needed and $(PYTHON) is older: say PYTHON=... which one" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "make: $(PYTHON) lacks its venv module: install it (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@rm -rf .make/uv && mkdir -p .make && $(PYTHON) -m venv .make/uv
	@.make/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
