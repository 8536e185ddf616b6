# Everything one does with fasttrack. `make help` lists it.
#
# Programs are built without cgo: SQLite is pure Go. Only the race detector needs a C compiler.

SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X fasttrack/bootstrap.version=$(VERSION)"
# One PostgreSQL for a whole run: from TEST_DATABASE_URL, Docker, or the programs on this machine.
PGSERVER := CGO_ENABLED=0 go run ./adapters/database/dbtest/cmd/pgserver --
TOOL     := go tool -modfile=.ci/tools/go.mod
# Where a test's files are in memory, so that a database need not wait for the disk; what is compiled stays where it was.
IN_MEMORY := $(if $(wildcard /dev/shm),GOTMPDIR=$(or $(TMPDIR),/tmp) TMPDIR=/dev/shm)
PACKAGES ?= ./...
FLAGS    ?=

.PHONY: help run dev demo module build test e2e race prove fuzz cover bench load footprint soak load-sockets clients lint format verify clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  ADDR=:8001 make run                     another port"
	@echo "  make module name=media singular=medium  a plural that does not end in s"
	@echo "  make test PACKAGES=./modules/tasks/...  a part of the suite; the same for race, cover and bench"
	@echo "  make prove PROVE=2000                   fewer; FLAGS=-rapid.seed=… repeats one that failed"
	@echo "  make test FLAGS=-short                  flags for go test"
	@echo "  TEST_DATABASE_URL=postgres://… make test  a PostgreSQL of your own"

run: ## serve on http://localhost:8000 with an embedded database in data/
	@CGO_ENABLED=0 go run ./bootstrap/cmd/fasttrack serve

dev: ## run, and start anew whenever a Go or SQL file changes
	@CGO_ENABLED=0 $(TOOL) reflex --start-service --regex='\.(go|sql|mod)$$' -- go run ./bootstrap/cmd/fasttrack serve

demo: ## fill the empty database in data/ with a believable team, and print a login
	@CGO_ENABLED=0 go run ./bootstrap/cmd/fasttrack demo

module: ## write a new bounded context in the shape of the house: make module name=labels
	@CGO_ENABLED=0 go run ./bootstrap/cmd/module -name "$(name)" -singular "$(singular)"

build: ## make the program bin/fasttrack
	$(BUILD) -o bin/fasttrack ./bootstrap/cmd/fasttrack

test: ## run the whole suite on SQLite and PostgreSQL (from Docker, or else the programs on this machine)
	@$(PGSERVER) env CGO_ENABLED=0 go test -shuffle=on -count=1 -timeout 30m $(FLAGS) $(PACKAGES)

e2e: ## build the image and run it beside PostgreSQL and Redis, the compose file's cluster, and a restart of PostgreSQL
	@$(PGSERVER) env CGO_ENABLED=0 REQUIRE_DOCKER=1 go test -count=1 -v -timeout 30m $(FLAGS) \
	  -run '^Test(TheImage|TheCluster|TheNodeOfTheComposeFile|TheDevelopmentOverride|ARestart|ARollingRestart)' ./e2e | grep -v '^=== '

# -short leaves out what compiles programs of its own, in which nothing looks for races: make test has run it.
race: ## run the suite under the race detector (needs a C compiler)
	@$(PGSERVER) env CGO_ENABLED=1 go test -race -short -shuffle=on -count=1 -timeout 60m $(PACKAGES)

prove: ## try PROVE (100000) random interleavings of everything that one can do to sessions, against a model
	@CGO_ENABLED=0 $(IN_MEMORY) go test ./modules/identity/internal/application -run '^TestNoInterleavingBreaksASession$$' \
	  -count=1 -timeout 0 -v -interleavings $(or $(PROVE),100000) $(FLAGS) | \
	  grep -v -E '^=== |^ +--- PASS|\[rapid\] OK'

fuzz: ## fuzz every fuzz test for FUZZTIME each (10s)
	@CGO_ENABLED=0 .ci/fuzz $(or $(FUZZTIME),10s)

cover: ## make test, and measure its coverage; fails under 90 %
	@$(MAKE) --no-print-directory test FLAGS="-coverpkg=./... -coverprofile=cover.out"
	@go tool cover -func=cover.out | awk '/^total:/ { sub("%", "", $$3); print "coverage: " $$3 " %"; exit $$3 < 90 }'

bench: ## run the benchmarks
	@$(PGSERVER) env CGO_ENABLED=0 go test -run '^$$' -bench . -benchmem -timeout 60m $(PACKAGES)

soak: ## kill the program CRASHES times (20) under load, and wait until every job is done
	@$(PGSERVER) env CGO_ENABLED=0 CRASHES=$(or $(CRASHES),20) go test -run AKilledProgram -count=1 -v -timeout 60m ./e2e

load-sockets: ## open SOCKETS (10000) sockets on one node; prints the memory of each, and how long notifications take
	@ulimit -n $$(ulimit -Hn) && env CGO_ENABLED=0 LOAD_SOCKETS=$(or $(SOCKETS),10000) \
		go test -run LoadOfSockets -count=1 -v -timeout 20m ./e2e | grep -v '^=== '

# Options of e2e/load, such as LOAD='-tasks 1000 -clients 32 -for 500ms'.
LOAD ?=
load: ## measure the program under load next to a bare handler, into load/ (LOAD='-tasks 1000' for a small one)
	@TEST_POSTGRES_DURABLE=1 $(PGSERVER) env CGO_ENABLED=0 go run ./e2e/load $(LOAD)

footprint: ## measure the program's size, start, and memory: idle, and at most with 1,000 clients
	@$(PGSERVER) env CGO_ENABLED=0 go run ./e2e/load -footprint $(LOAD)

lint: ## look for mistakes
	go vet ./...
	$(TOOL) golangci-lint run

format: ## bring all code to one form
	$(TOOL) gofumpt -w .

verify: ## what CI runs: modules, lint, the suite with its coverage, and the suite under the race detector
	go mod verify
	go mod tidy -diff
	$(MAKE) lint
	$(MAKE) cover
	$(MAKE) race

clients: ## write a Go client and TypeScript types into clients/, from the OpenAPI document (TypeScript needs Node.js)
	@CGO_ENABLED=0 go run ./e2e/clients/cmd/clients

clean: ## remove what a build or run left behind, the data of `make run` included
	rm -rf bin data load clients cover.out
