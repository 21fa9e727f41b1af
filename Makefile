# Everything here works from a fresh clone with Go and make; what else the
# tests need, scripts/test-deps installs and says so.

GO        ?= go
FUZZTIME  ?= 20s
TESTPKGS  ?= ./...
TESTFLAGS ?=
TOOLS     := $(notdir $(wildcard tools/src/*))

# What is built without the race detector is built in one way, a release's, so
# that one build cache serves the tests, the linters and the release.
released := CGO_ENABLED=0 GOFLAGS=-trimpath

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## the program, one static binary: bin/postern
	$(released) $(GO) build -ldflags '-s -w' -o bin/postern ./cmd/postern

.PHONY: tools
tools: ## the sample tools that are written in Go, to tools/
	$(released) $(GO) build -ldflags '-s -w' -o tools/ ./tools/src/...

# go test's cache does not know the program that test/ runs: hence -count=1.
# make lint vets, and more than go test would.
.PHONY: test
test: test-deps ## all tests, race detector on, against real Redis
	CGO_ENABLED=1 $(GO) test -race -vet=off -count=1 -timeout 15m $(TESTFLAGS) $(TESTPKGS)

.PHONY: test-deps
test-deps: ## installs what the tests need and this machine lacks
	@scripts/test-deps

.PHONY: lint
lint: ## gofumpt, go vet, staticcheck, go.mod
	@$(released) scripts/lint

.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME (20s) each
	@FUZZTIME=$(FUZZTIME) scripts/fuzz

SEEDS   ?= 200
FROM    ?= 1
PROFILE ?= all
JOBS    ?= 1
.PHONY: soak
soak: test-deps ## fault runs: SEEDS (200) FROM (1) on each PROFILE (all), JOBS (1) at once
	$(released) $(GO) test ./test/fault -run '^TestSeeds$$' -count=1 -timeout 0 -v -budget 0 \
		-seeds $(SEEDS) -from $(FROM) -profile $(PROFILE) -jobs $(JOBS)

.PHONY: mutations
mutations: test-deps ## our program broken in eight ways, and without each answer to a pitfall of Redis: all must be found
	$(released) $(GO) test ./test/fault/mutation -count=1 -timeout 30m -v -mutations.all

.PHONY: measure
measure: ## what a node costs: idle, with 2,000 pages that talk, with a million entries
	$(released) $(GO) test -run '^$$' -bench . -benchtime 1x -timeout 1h ./test/...

.PHONY: bench
bench: test-deps ## the tables of docs/performance.md, anew, on an idle machine: some 45 minutes
	scripts/bench

.PHONY: bench-quick
bench-quick: test-deps ## a few figures against docs/bench.json, under 3 minutes
	$(released) $(GO) run ./cmd/postern bench --quick --runs $(or $(RUNS),3) --against docs/bench.json

.PHONY: peers
peers: test-deps ## Postern beside its peers, some 6 minutes: PEERS="-runs 5"
	cd test/peers && $(released) $(GO) run . $(PEERS)

.PHONY: release
release: ## archives for each system with their checksums, to dist/
	scripts/release

.PHONY: clean
clean: ## removes what make built
	rm -rf bin dist $(addprefix tools/,$(TOOLS))
