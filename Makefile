# Everything a person or a machine does with this tree. `make` alone lists it.

GO       ?= go
CODEX    := 0.169.0
GOFUMPT  := mvdan.cc/gofumpt@v0.12.0
CHECK    := honnef.co/go/tools/cmd/staticcheck@v0.8.2
VULN     := golang.org/x/vuln/cmd/govulncheck@v1.9.0
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
LOG      := .deps/test.log

.PHONY: help build run deps test vet lint bench wine deps-wine interleave pictures golden fuzz clean

help:
	@echo 'make build     the program, in ./codex-login'
	@echo 'make deps      what the tests need beyond Go (Debian, Ubuntu; the real Codex from npm)'
	@echo 'make test      everything: vet for all systems, then all tests with the race detector'
	@echo 'make lint      gofumpt, staticcheck, govulncheck'
	@echo 'make bench     benchmarks, among them against the real Codex'
	@echo 'make interleave  a switch against a renewal by the real Codex, a thousand times and more'
	@echo 'make wine      a walk through the Windows build under wine, beside codex.exe (make deps-wine brings both)'
	@echo 'make pictures  the pictures of the README, from the running program'
	@echo 'make golden    accept the screens as they are now as the expected ones'
	@echo 'make fuzz      every fuzz target for a while (FUZZTIME=60s)'

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o codex-login .

deps:
	@CODEX=$(CODEX) sh .ci/deps

# Some tests need more than Go; without it they are skipped by name and counted
# here. With CI=true a missing part is a failure.
test: vet
	@mkdir -p .deps
	@race=-race; $(GO) env CGO_ENABLED | grep -q 1 && command -v gcc >/dev/null || race=; \
	[ -n "$$race" ] || echo 'no C compiler: running without the race detector'; \
	CI='$(CI)' $(GO) test $$race -v -timeout 15m ./... >$(LOG) 2>&1; code=$$?; \
	grep -E '^(ok|FAIL|panic:|\?) ?' $(LOG); \
	grep -E -B40 -A3 '^ *--- FAIL' $(LOG) | grep -vE '^(=== |--- PASS| +--- PASS)'; \
	echo; grep -E '^ *--- SKIP' $(LOG) | sed -E 's/^ *--- SKIP: /skipped: /; s/ \(.*//'; \
	echo "$$(grep -cE '^ *--- PASS' $(LOG)) passed, $$(grep -cE '^ *--- FAIL' $(LOG)) failed, $$(grep -cE '^ *--- SKIP' $(LOG)) skipped"; \
	exit $$code

vet:
	@for p in $(PLATFORMS); do \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./... || exit 1; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null . || exit 1; \
		echo "vet and build $$p: ok"; \
	done

lint:
	@out=$$($(GO) run $(GOFUMPT) -l .); [ -z "$$out" ] || { echo "gofumpt would change:"; echo "$$out"; exit 1; }
	$(GO) vet -tags wine .
	$(GO) run $(CHECK) -tags wine ./...
	@mkdir -p .deps; GOBIN=$(CURDIR)/.deps $(GO) install $(VULN) 2>/dev/null || { echo 'govulncheck: cannot be built from here; not run'; exit 0; }; \
	.deps/govulncheck ./...; code=$$?; [ $$code -ne 3 ] || exit 1; \
	[ $$code -eq 0 ] || echo 'govulncheck: its database was not reached'

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

ROUNDS ?= 1000
interleave:
	$(GO) test . -run '^TestSwitchBeside' -count=1 -timeout 60m -v -rounds $(ROUNDS)

wine:
	$(GO) test . -run '^TestWindows$$' -count=1 -timeout 30m -v -tags wine

deps-wine:
	@CODEX=$(CODEX) sh .ci/deps-wine

pictures:
	$(GO) test . -run '^TestPictures$$' -count=1 -pictures docs/pictures

golden:
	$(GO) test ./tui -count=1 -update

FUZZTIME ?= 60s
fuzz:
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; $(GO) test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) || exit 1; \
		done; \
	done

clean:
	rm -rf codex-login .deps
