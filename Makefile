# Everything goes through here; every target works from a fresh clone. `make` alone explains.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help docker up down reset psql test faults check smoke evals shadow ledger operator people sending alerts chart skaffold e2e lock format bootstrap

PYTHON := .venv/bin/python
# The file has the last word on where Claude is: an exported variable would win over it.
COMPOSE := env -u ANTHROPIC_BASE_URL docker compose --env-file .run/compose.env \
  --file compose.yaml --file compose.local.yaml

help: ## Show what there is
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## Install what is missing on this machine: servers, Python, .venv
	@dev/bootstrap

ifdef DOCKER

up: docker
	@exec $(COMPOSE) up --build

down: docker
	@$(COMPOSE) down

docker: ## What DOCKER=1 needs: an engine with compose, .venv; none of Debian's servers
	@docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || { \
	  echo "DOCKER=1 needs a running Docker engine with the compose plugin. Without: make up" >&2; \
	  exit 1; }
	@dev/bootstrap --without-servers
	@$(PYTHON) -m julia_dev.compose .run/compose.env

else

up: bootstrap ## Start everything and print the page's address; Ctrl-C stops (DOCKER=1: in Docker)
	@exec $(PYTHON) -m julia_dev.stack up

down: bootstrap ## Stop what `make up` started
	@$(PYTHON) -m julia_dev.stack down

endif

reset: bootstrap ## Stop it and throw the local data away
	@$(PYTHON) -m julia_dev.stack reset

psql: bootstrap ## Open the local database (ARGS='-c "select ..."')
	@exec $(PYTHON) -m julia_dev.stack psql $(ARGS)

test: ## Run the tests, on real servers, a browser and an API server (ARGS="-k pause")
	@dev/bootstrap --with-browser --with-kubernetes
	@$(PYTHON) -m pytest -n 3 --dist worksteal -m 'not faults' $(ARGS)

faults: ## Run the tests that kill, freeze and cut off processes of whole stacks
	@dev/bootstrap --with-kubernetes
	@$(PYTHON) -m pytest -n 2 --dist worksteal -m faults $(ARGS)

check: bootstrap ## What CI asks beside the tests: format, lint, types, imports, generated files
	@$(PYTHON) -m julia_dev.check

smoke: bootstrap ## One message through the whole path; the milliseconds of each stage
	@$(PYTHON) -m julia_dev.smoke

evals: bootstrap ## Play the conversations of evals/ and judge them (CASES=hostil SEED= CLAUDE=real QUICK=1)
	@$(PYTHON) -m julia_dev.evals

shadow: bootstrap ## What shadows would have sent beside what was sent (ARGS="--textos --horas 48")
	@$(PYTHON) -m julia_dev.shadow $(ARGS)

ledger: bootstrap ## 3,000 messages while everything is killed; counts lost and doubled (SEED= QUICK=1)
	@$(PYTHON) -m julia_dev.ledger

operator: ## Stop and resume Julia in every way; fifty stops under load, timed (SEED= QUICK=1)
	@dev/bootstrap --with-kubernetes
	@$(PYTHON) -m julia_dev.stopping

people: bootstrap ## People take doctors over in Chatwoot and give them back, whatever fails (SEED= QUICK=1)
	@$(PYTHON) -m julia_dev.people

sending: bootstrap ## Faults, ceilings under kills, weeks in minutes, a campaign (SEED= PARTS=fortnight QUICK=1)
	@$(PYTHON) -m julia_dev.sending

alerts: bootstrap ## Break six things, see each in Slack; every panel has data (SEED= PICTURE=file QUICK=1)
	@$(PYTHON) -m julia_dev.alerting

chart: ## Lint, test, render and validate the Helm chart (ARGS="--values minimal", ARGS=--readme)
	@dev/bootstrap --with-kubernetes --with-chart
	@$(PYTHON) -m julia_dev.chart $(ARGS)

skaffold: ## skaffold's own binary reads skaffold.yaml and renders the chart (compiled once)
	@dev/bootstrap --with-chart
	@dev/skaffold/build
	@$(PYTHON) -m pytest tests/integration/images/test_skaffold.py $(ARGS)

e2e: ## The chart on a real cluster: upgraded, broken, paused under load (RATE= SCENARIOS=2,3)
	@dev/bootstrap $(if $(KUBECONFIG),--with-kubernetes,--with-cluster)
	@$(PYTHON) -m julia_dev.e2e

format: bootstrap ## Format the code and fix what ruff can
	@.venv/bin/ruff format --quiet
	@.venv/bin/ruff check --fix --quiet

lock: ## Pin all dependencies anew (UPGRADE=1: to the newest allowed)
	@dev/lock $(if $(UPGRADE),--upgrade)
