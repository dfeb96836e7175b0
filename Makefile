# The commands of this repository. `make help` lists them.

GO ?= go
BIN := $(CURDIR)/.bin
STATICCHECK := $(BIN)/staticcheck-0.8.2
# How often each fuzz target runs. A count, not a time: a run that ends by its
# deadline now and then reports the deadline itself as the failure
# (golang.org/issue/75804).
FUZZTIME ?= 10000x

# The oldest Go release that larder supports, beside the one that is installed; also in
# internal/house/systems_test.go.
OLDEST_GO := go1.25.0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Runs a command with Redis, Memcached and PostgreSQL started for it, unless the
# environment names them already.
WITH_SERVICES := $(GO) run ./internal/services --

# The programs that tests start, by the names that scripts/install.sh knows.
SERVERS := redis-server memcached postgresql pgbouncer
PROXIES := nginx varnishd
APPS := nginx django node npm

# Without gin's MessagePack, which no test uses: the package that encodes it takes a minute
# to build, with the race detector two.
TAGS := -tags nomsgpack

# Without vet, which make vet runs.
GO_TEST := $(GO) test -vet=off $(TAGS) -count=1

.PHONY: test
test: test-race test-plain ## run every test on real servers, with the race detector where it can find something

.PHONY: test-race
test-race: deps
	$(WITH_SERVICES) $(GO_TEST) -race -timeout 20m -skip '$(BUILDERS)|$(COUNTS)|$(ALONE)' $(filter-out $(PLAIN),$(PACKAGES))

# Tests that build the tests of other packages with a backend more: a minute, and they fail
# if a suite stops ranging over the table of backends.
BUILDERS := TestASeventhBackendIsAFolderAndALine|TestTheLinesInTheDocumentsAddABackend

.PHONY: seventh-backend
seventh-backend: deps ## add a toy backend to the table, and run every suite on it
	$(WITH_SERVICES) $(GO) test -count=1 -timeout 10m -run '$(BUILDERS)' ./internal/testbackends

# Tests that the race detector would make wrong, since it allocates: allocations, and
# proportions of time.
COUNTS := Alloc|Proportion|HandlerAlone

# Tests of one goroutine that ask for thousands of pages: with the race detector they take
# minutes, and it has nothing to find.
ALONE := TestWhatAStalePageHasBecomeIsHeldAgainstTheClientsFields|TestAnAuditAgreesWithWhatIsDone|TestEndlessURLsAndVariants|TestFastPathsKeepNoOldListsOfPurges|TestEquivalentSpellingsOfAURLAreOneURLToAPurge|TestSpellingsOfOneClientDoNotDisturbTheOthers|TestAURLHasABoundedNumberOfVariants

# The packages of the module, and those whose tests have one goroutine, or are about programs
# as users build them.
PACKAGES = $(shell $(GO) list ./...)
PLAIN = $(addprefix github.com/larder-go/larder/,docs examples middleware/pagetest cmd/larder \
	internal/acceptance internal/audit internal/consumer internal/funcname internal/gen/rules internal/house \
	internal/mutants internal/roundtrips internal/services internal/sim internal/testserver)

# The packages that have tests of the two lists above.
COUNTED = $(sort $(dir $(shell git grep -lE 'func ($(ALONE)|Test[A-Za-z0-9]*($(COUNTS)))' -- '*_test.go' ':!internal/e2e' ':!internal/neighbours' ':!benchmarks')))

.PHONY: test-plain
test-plain: deps
	$(WITH_SERVICES) $(GO_TEST) -timeout 10m -run '$(COUNTS)|$(ALONE)' $(addprefix ./,$(COUNTED))
	$(WITH_SERVICES) $(GO_TEST) -timeout 10m $(PLAIN)

.PHONY: test-race-all
test-race-all: deps ## every test with the race detector
	$(WITH_SERVICES) $(GO_TEST) -race -timeout 30m ./...

# What users import, and the command.
LIBRARY := ./adapters/... ./backends/... ./cache/... ./cmd/... ./fragment/... ./middleware/... ./signals/...

.PHONY: unit
unit: ## the tests of what users import that need no server, on any system
	CI=false $(GO) test -count=1 -timeout 15m $(LIBRARY)

.PHONY: e2e
e2e: deps ## the faults: servers that die, lag and fall silent under load, in a module of its own
	$(WITH_SERVICES) $(GO) -C internal/e2e test -p 1 -race -count=1 -timeout 15m ./load ./connections ./faults ./redisfaults ./soak/...

.PHONY: neighbours
neighbours: ## real middleware beside a cached page, in every framework and situation, in a module of its own
	$(GO) -C internal/neighbours test $(TAGS) -count=1 -timeout 10m .

.PHONY: neighbours-race
neighbours-race: ## the same with the race detector
	$(GO) -C internal/neighbours test -race -count=1 -timeout 10m .

# Where Express is installed from npm, and real applications behind examples/proxy.
EXPRESS := $(BIN)/express
TEST_APPS := LARDER_REQUIRE_SERVERS=1 LARDER_TEST_EXPRESS=$(EXPRESS) $(GO) -C internal/neighbours test -race -count=1

.PHONY: apps
apps: apps-deps ## nginx, Django and Express behind examples/proxy and without it, page by page
	$(TEST_APPS) -short -timeout 5m ./apps

.PHONY: apps-full
apps-full: apps-deps ## the same with every page that links lead to
	$(TEST_APPS) -timeout 20m ./apps

.PHONY: pocketbase
pocketbase: ## PocketBase as a library with larder around it, in a module of its own that takes minutes to build
	$(GO) -C internal/neighbours/pocketbase vet ./...
	$(GO) -C internal/neighbours/pocketbase test -count=1 -timeout 10m ./...

.PHONY: apps-deps
apps-deps:
	@scripts/install.sh $(APPS)
	@scripts/npm.sh $(EXPRESS) express@5.1.0 compression@1.8.1 express-session@1.18.2

# How long make soak runs, at least.
MINUTES ?= 5

.PHONY: soak
soak: deps ## use every backend for MINUTES (5) while its server is broken, and check every answer: a report in docs/performance
	$(GO) -C internal/e2e run ./soak -minutes $(MINUTES) -out ../../docs/performance

.PHONY: sim
sim: ## run the models of leases and tags in every order, and with random faults for MINUTES (1): internal/sim
	$(GO) test -count=1 -timeout 0 ./internal/sim -minutes $(if $(filter file,$(origin MINUTES)),1,$(MINUTES))

.PHONY: browser
browser: ## visit examples/nethttp with Chromium, which is installed if it is missing
	@scripts/install.sh chromium
	LARDER_TEST_BROWSER=chromium $(GO) -C internal/e2e test -race -count=1 -timeout 2m ./browser

# The adapters, and the examples that use them.
ADAPTER_TESTS := ./adapters/... ./examples/gin ./examples/echo

.PHONY: adapters-oldest
adapters-oldest: ## the tests of the adapters with the oldest gin and echo, which go.mod requires
	$(GO) test -race -count=1 $(ADAPTER_TESTS)
	$(GO) test -count=1 -run 'Alloc' ./adapters/...

# The newest releases of the frameworks that are known to work.
NEWEST := github.com/gin-gonic/gin@v1.12.0 github.com/labstack/echo/v4@v4.16.0 github.com/labstack/echo/v5@v5.4.4

# A go.mod beside the repository's, for tests with other releases of what it requires.
NEWEST_MOD := $(BIN)/newest.mod

.PHONY: adapters-newest
adapters-newest: newest-mod ## the same with the newest gin and echo, without the race detector
	$(GO) get -modfile=$(NEWEST_MOD) $(NEWEST) ./adapters/...
	$(GO) get -t -modfile=$(NEWEST_MOD) ./adapters/...
	$(GO) test -modfile=$(NEWEST_MOD) $(TAGS) -count=1 $(ADAPTER_TESTS)

.PHONY: newest
newest: deps newest-mod ## every test with the newest release of everything that go.mod requires, whatever was published since
	$(GO) get -u -t -modfile=$(NEWEST_MOD) ./...
	$(WITH_SERVICES) $(GO) test -modfile=$(NEWEST_MOD) -p 1 -count=1 -timeout 20m $(LIBRARY) $(ADAPTER_TESTS)

.PHONY: newest-mod
newest-mod:
	@mkdir -p $(BIN)
	cp go.mod $(NEWEST_MOD)
	cp go.sum $(NEWEST_MOD:.mod=.sum)

.PHONY: deps
deps: ## install the servers that the tests start, or say what is missing
	@scripts/install.sh $(SERVERS)

.PHONY: services
services: deps ## start Redis, Memcached and PostgreSQL until Ctrl-C, and print the settings to paste
	@$(GO) run ./internal/services

# What make check is made of.
CHECKS := format vet lint house generated tidy

.PHONY: check
check: $(CHECKS) ## formatting, vet, staticcheck, the shape of the house, generated code, other systems

.PHONY: format
format: ## fail if a file is not gofmt'ed
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt'ed:" $$unformatted; exit 1; fi

.PHONY: vet
vet: ## go vet
	$(GO) vet $(TAGS) ./...
	$(GO) -C internal/e2e vet $(TAGS) ./...
	$(GO) -C internal/neighbours vet $(TAGS) ./...
	$(GO) -C benchmarks vet $(TAGS) ./...

.PHONY: lint
lint: $(STATICCHECK) ## staticcheck, configured in staticcheck.conf
	$(STATICCHECK) $(TAGS) ./...

.PHONY: lint-all
lint-all: lint ## the same, and of the modules that test and measure
	cd internal/e2e && $(STATICCHECK) $(TAGS) ./...
	cd internal/neighbours && $(STATICCHECK) $(TAGS) ./...
	cd benchmarks && $(STATICCHECK) $(TAGS) ./...

$(STATICCHECK):
	GOBIN=$(BIN) $(GO) install honnef.co/go/tools/cmd/staticcheck@v0.8.2
	mv $(BIN)/staticcheck $@

.PHONY: workflows
workflows: ## check .github/workflows with actionlint
	$(GO) run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: vulncheck
vulncheck: ## known vulnerabilities in what larder calls, by the Go vulnerability database
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

.PHONY: house
house: ## who imports whom, the golden list of dependencies, other systems and the oldest Go by type-checking
	$(GO) test -count=1 ./internal/house

.PHONY: generated
generated: ## fail if generated code, or docs/rules.md, differs from what go generate ./... writes, or a rule has no test
	$(GO) test -count=1 ./internal/gen/...

.PHONY: mutants
mutants: ## make each option do nothing, and fail if its test passes
	$(GO) test -count=1 -v ./internal/mutants

.PHONY: tidy
tidy: ## fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff
	$(GO) -C internal/e2e mod tidy -diff
	$(GO) -C internal/neighbours mod tidy -diff
	$(GO) -C benchmarks mod tidy -diff

.PHONY: cross
cross: ## build for the other systems that larder runs on, and with the oldest Go release: minutes, for which make house has a check of types
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=windows GOARCH=amd64 $(GO) build ./...
	GOOS=linux GOARCH=386 $(GO) build ./...
	GOTOOLCHAIN=$(OLDEST_GO) $(GO) build ./...

.PHONY: fuzz
fuzz: ## run each fuzz target FUZZTIME (10000x)
	@set -e; for package in $$($(GO) list ./...); do \
		dir=$$($(GO) list -f '{{.Dir}}' $$package); \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$dir/*_test.go 2>/dev/null); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

.PHONY: examples
examples: deps ## build every example, run it and visit it over HTTP
	$(WITH_SERVICES) $(GO) test -count=1 -v ./examples

# The public tests of HTTP caches, and the directory of their npm package.
HTTP_CACHE_TESTS := 0.4.5
SUITE := $(BIN)/http-cache-tests-$(HTTP_CACHE_TESTS)
# The cache that they run against, and the one test to run if not all.
CACHE ?= memory://
TEST ?=
CONFORMANCE := $(GO) run ./conformance -suite $(SUITE)/node_modules/http-cache-tests

.PHONY: conformance
conformance: $(SUITE) ## the public tests of HTTP caches against examples/proxy, with CACHE (memory://)
	$(CONFORMANCE) -cache '$(CACHE)' -test '$(TEST)'

.PHONY: conformance-redis
conformance-redis: $(SUITE) deps ## the same on a Redis that is started for it
	$(WITH_SERVICES) sh -c '$(CONFORMANCE) -cache "redis://$$LARDER_TEST_REDIS/0" -test "$(TEST)"'

$(SUITE):
	@scripts/install.sh node npm
	@scripts/npm.sh $@ http-cache-tests@$(HTTP_CACHE_TESTS)

# The benchmarks are a module of their own, since they need the rivals.
BENCHES := $(GO) -C benchmarks run ./cmd/bench -out ../docs/performance

.PHONY: bench
bench: deps bench-deps ## measure every target and all rivals (15 minutes): a table, and docs/performance/report.md
	$(WITH_SERVICES) $(BENCHES)

.PHONY: bench-quick
bench-quick: deps bench-deps ## the same in three minutes, less sure; TARGETS=P4,P6 measures these alone
	$(WITH_SERVICES) $(BENCHES) -quick -only '$(TARGETS)'

.PHONY: bench-go
bench-go: deps ## the benchmarks of all packages by go test, with allocations, for benchstat
	$(WITH_SERVICES) $(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) -C benchmarks test -run '^$$' -bench . -benchmem .

.PHONY: bench-deps
bench-deps:
	@scripts/install.sh $(PROXIES)

# The commit that make guards compares with, if not with the stored budgets.
BASE ?=

.PHONY: guards
ifeq ($(BASE),)
guards: ## count the instructions of the hit paths, by valgrind, and fail if they became more; test the benchmarks. BASE=COMMIT compares with a commit instead
	@scripts/install.sh valgrind $(PROXIES)
	LARDER_REQUIRE_SERVERS=1 $(GO) -C benchmarks test $(TAGS) -count=1 ./...
else
guards: deps
	@scripts/install.sh valgrind
	$(WITH_SERVICES) $(GO) -C benchmarks run ./guards/compare -base $(BASE)
endif

# The steps of make ci, the longest first. What one of them tests is not tested again by
# another: make check and make examples, which are for a change in one place, are not here.
CI_STEPS := test-race vet lint test-plain neighbours adapters-newest conformance guards tidy format

# How many of them run at once: one builds while another waits for a server.
AT_ONCE ?= 2

.PHONY: ci
ci: ## everything that a change has to pass, AT_ONCE (2) targets at once, and where the time went
	@scripts/install.sh $(SERVERS) $(PROXIES) valgrind node npm
	$(WITH_SERVICES) $(GO) run ./internal/steps -at-once $(AT_ONCE) $(CI_STEPS)

# What takes too long for each change, or depends on what others publish.
NIGHTLY_STEPS := lint-all test-race-all e2e sim neighbours-race apps-full browser fuzz conformance-redis cross seventh-backend pocketbase newest

.PHONY: nightly
nightly: ## what takes too long for each change, one target after the other, and where the time went
	@scripts/install.sh $(SERVERS) $(PROXIES) $(APPS) valgrind chromium
	$(WITH_SERVICES) $(GO) run ./internal/steps -at-once 1 $(NIGHTLY_STEPS)

# The version that make release-check asks CHANGELOG.md for: without one, Unreleased.
VERSION ?=

.PHONY: release-check
release-check: ## could this commit be tagged? It is built as a user builds it. VERSION=v0.1.0 asks for the section of CHANGELOG.md, too
	scripts/release-check.sh $(VERSION)

.PHONY: clean
clean: ## remove what the other commands installed
	rm -rf $(BIN)
