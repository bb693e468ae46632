# Commands for people. `make test` is what CI runs; it installs what is missing.

GO       ?= go
TOOL      = $(GO) tool -modfile=tools/go.mod

.PHONY: test check unit install build package package-test generate bench demo clean

## test: everything, from a bare machine on (needs Go; installs the rest)
test: install check unit

## install: the programs that the tests run beside us
install:
	@scripts/install-test-tools.sh

## check: format, vet, staticcheck, gosec, tidy, generated files are current
check:
	@test -z "$$(gofmt -l cmd internal bench)" || { gofmt -l cmd internal bench; echo 'gofmt: the files above are not formatted'; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) gosec -quiet -exclude-generated -exclude-dir=bench -exclude-dir=tools -conf scripts/gosec.json ./...

# What SQLite's translated C does by itself is its own: to watch each of its steps
# would take more than half of the time of all tests.
UNWATCHED = -gcflags='modernc.org/sqlite/lib=-race=false -d=checkptr=0'

## unit: all tests, in random order, looking for races
unit:
	REQUIRE_POSTGRES=1 $(GO) test -race $(UNWATCHED) -shuffle=on -timeout 20m ./...

## generate: write again what is generated and committed
generate:
	$(GO) test ./internal/api/native -run 'OpenAPI' -update

## build: the stripped binary
build:
	CGO_ENABLED=0 $(GO) build -buildvcs=auto -trimpath -ldflags '-s -w' -o chartline ./cmd/chartline

## package: a Debian package in dist/ (VERSION=, ARCH=)
VERSION ?= 0.1.0
ARCH    ?= $(shell $(GO) env GOARCH)
package:
	@mkdir -p dist/$(ARCH)
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO) build -buildvcs=auto -trimpath -ldflags '-s -w' -o dist/$(ARCH)/chartline ./cmd/chartline
	VERSION=$(VERSION) ARCH=$(ARCH) DIST=dist/$(ARCH) $(GO) tool -modfile=tools/package.mod nfpm package -f packaging/nfpm.yaml -p deb -t dist/

## package-test: installs, starts, upgrades and removes the package in a copy of this Debian (root)
package-test:
	scripts/package-test.sh

## bench: peers and yardsticks beside us, in one run (long)
bench: build
	cd bench && $(GO) run .

## demo: a server with demo data on 127.0.0.1:8080
demo:
	$(GO) run ./cmd/chartline demo

clean:
	rm -rf chartline dist
