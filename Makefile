# crms: make run starts it with nothing but Go, make test runs every test.

VERSION := $(shell git describe --tags --match 'v*' 2>/dev/null)
COMMIT  := $(shell git describe --always --abbrev=12 --exclude '*' --dirty 2>/dev/null)
LDFLAGS := -s -w -X crms/cmd.linkedVersion=$(VERSION) -X crms/cmd.linkedCommit=$(COMMIT)

# How long each fuzz target runs in make check, and each benchmark of the server
# in make bench and of everything in make bench-all.
FUZZTIME  ?= 5s
BENCHTIME ?= 0.5s

# How long make soak keeps a server under load, and how often it kills one at a
# random moment besides.
SOAK        ?= 30m
SOAK_ROUNDS ?= 300

.PHONY: run build test check format vet staticcheck tidy race console fuzz soak bench bench-all

# The profile is for what is run, not for what is tested: with it everything is
# compiled a second time.
test vet staticcheck race console fuzz soak: export GOFLAGS := $(GOFLAGS) -pgo=off

run: build
	./bin/crms serve --dev

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/crms .

test:
	go test ./...

# check is what a change must pass. It needs a C compiler, for the race detector.
check: format vet staticcheck tidy race console fuzz

format:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt wants: $$unformatted"; exit 1; }

vet:
	go vet ./...

staticcheck:
	go tool staticcheck ./...

tidy:
	go mod tidy -diff

race:
	CGO_ENABLED=1 go test -race -timeout 10m ./...

# console uses the pages in a real browser, alone on the machine.
console:
	go test -timeout 10m -run '^TestConsole$$' ./cmd

# fuzz runs every fuzz target there is: go test -list prints those of a package
# and then a line that names the package. Now and then go test fails a target for
# its own deadline, having found nothing (golang.org/issue/75804): such a target
# runs once more.
fuzz:
	@set -e; listing=$$(go test -list '^Fuzz' ./...); echo "$$listing" | \
	awk '/^Fuzz/ { targets[++n] = $$1 } /^ok/ { for (i = 1; i <= n; i++) print $$2, targets[i]; n = 0 }' | \
	while read -r package target; do \
		echo "$$package $$target"; \
		fuzz() { go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null 2>&1; }; \
		said=$$(fuzz) && { printf '%s\n' "$$said"; continue; }; \
		printf '%s\n' "$$said"; \
		printf '%s\n' "$$said" | grep -qx '    context deadline exceeded' || exit 1; \
		! printf '%s\n' "$$said" | grep -q 'Failing input' || exit 1; \
		fuzz; \
	done

# soak is for what takes long: a server under load, backed up and killed for half
# an hour, then kills at random moments and at every durable step there is.
soak:
	CRMS_SOAK=$(SOAK) go test -count=1 -v -timeout 5h -run '^TestSoak$$' ./cmd
	CRMS_SOAK=$(SOAK) CRMS_SOAK_ROUNDS=$(SOAK_ROUNDS) go test -count=1 -timeout 5h -run '^(TestKill|TestCrash)' ./cmd ./store

# bench measures the server under load beside a bare handler, and the store's durable writes beside bare bbolt.
bench:
	go test -run '^$$' -bench '^BenchmarkServe$$' -benchtime $(BENCHTIME) -timeout 30m ./cmd
	go test -run '^$$' -bench '^BenchmarkIngest$$' -benchtime $(BENCHTIME) ./store

bench-all:
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) -timeout 1h ./...
