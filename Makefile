# `make` alone prints what there is.

GO          ?= go
BIN         := bin/billow
# How long, or with an x how often, `make fuzz` runs each target, and where it looks for targets.
FUZZTIME    ?= 1m
FUZZIN      ?= .
# How often `make bench` measures each tool.
ROUNDS      ?= 3
# What `make demo` runs.
PLAN        ?= examples/gem-team/plan.yaml
# Run from the module proxy, outside of go.mod: tools are not what the program is made of.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
TASK        := github.com/go-task/task/v3/cmd/task@v3.48.0
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help
.PHONY: help build demo run test race fuzz lint fmt vet staticcheck generate verify bench peers cover clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/billow, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/billow

demo: build ## run an example in a copy of its folder, and show what that changed in the plan (PLAN=examples/…/plan.yaml)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && cp -R $(dir $(PLAN)). "$$dir" && \
	(billow=$$PWD/$(BIN) && cd "$$dir" && "$$billow" run $(notdir $(PLAN))) && \
	(git --no-pager diff --no-index -U0 $(PLAN) "$$dir/$(notdir $(PLAN))" || true)

run: demo ## the same as demo

# Fuzzing is chance, so it comes last: whatever else fails is said first, and what it finds is a bug in any case. It
# is told how often and not how long to try, because go test fails now and then when the time is up in the middle.
test: build vet fmt staticcheck race ## all that has to pass before a change goes in; what .ci/run calls
	@$(MAKE) --no-print-directory fuzz FUZZIN=./plan FUZZTIME=1000x

# The race detector is C, so it cannot be had without a C compiler. Test binaries are large (a whole SQLite each);
# -vet=off because vet has run.
race: ## run the tests with the race detector
	@if [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v "$$($(GO) env CC)" >/dev/null; then \
		set -x; $(GO) test -race -vet=off -timeout 15m ./...; \
	else \
		echo "skipped: the race detector (there is no C compiler); the tests run without it"; \
		set -x; $(GO) test -vet=off -timeout 15m ./...; \
	fi

fuzz: ## run every fuzz target for FUZZTIME (1m), those of one folder with FUZZIN=./plan
	@log=$$(mktemp) && trap 'rm -f "$$log"' EXIT && \
	grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $(FUZZIN) | sort | while IFS=: read -r file func; do \
		target=$${func#func } dir=$$(dirname "$$file"); \
		echo "fuzz $$dir $$target $(FUZZTIME)"; \
		$(GO) test -vet=off -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s "$$dir" >"$$log" 2>&1 </dev/null || \
			{ cat "$$log"; exit 1; }; \
	done

fmt: # gofmt has nothing to say
	@files=$$(gofmt -l $$(find . -name '*.go' -not -path './.*/*')); \
	if [ -n "$$files" ]; then echo "not formatted (gofmt -w):"; echo "$$files"; exit 1; fi

vet: # the compiler's own checks
	$(GO) vet ./...

staticcheck: # the checks that are not the compiler's own
	@if $(GO) run $(STATICCHECK) -version >/dev/null 2>&1; then \
		echo "$(GO) run $(STATICCHECK) ./..."; $(GO) run $(STATICCHECK) ./...; \
	else \
		echo "skipped: staticcheck ($(STATICCHECK) could not be had)"; \
	fi

lint: ## run golangci-lint with .golangci.yml
	$(GO) run $(GOLANGCI) run ./...

generate: ## make generated files anew (schemas, reference pages)
	$(GO) generate ./...

verify: ## check that nothing generated is stale and that go.mod is in order
	$(GO) generate ./...
	git diff --exit-code -- schemas docs
	$(GO) mod verify
	$(GO) mod tidy -diff

bench: build peers ## measure whole runs beside other executors into bench/results.md (ROUNDS=3), then the parts
	PATH="$$PWD/bin/peers:$$PATH" $(GO) run ./bench -rounds $(ROUNDS)
	$(GO) test -run '^$$' -bench . -benchmem ./...

# What cannot be had is left out of the tables. These programs are run, not linked: they are no part of billow.
peers: # the other executors: ninja, samurai and make from the system's packages, task from the module proxy, dagu if it is here
	@for tool in ninja:ninja-build samu:samurai make:make cc:gcc; do \
		command -v $${tool%%:*} >/dev/null || \
			{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -q >/dev/null 2>&1; \
				apt-get install -y -q $${tool#*:} >/dev/null 2>&1; } || \
			echo "skipped: $${tool%%:*}, which is not here (apt-get install $${tool#*:})"; \
	done
	@[ -x bin/peers/task ] || command -v task >/dev/null || \
		GOBIN=$$PWD/bin/peers $(GO) install $(TASK) >/dev/null 2>&1 || \
		echo "skipped: task ($(TASK) could not be had)"

cover: ## write coverage.out and print what is covered
	$(GO) test -coverprofile coverage.out -coverpkg ./... ./...
	@$(GO) tool cover -func coverage.out | tail -n 1

clean: ## delete what was built
	rm -rf bin coverage.out
