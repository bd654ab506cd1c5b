# Thin: each target is one or two commands that can be typed by hand as well.
#   make bench BENCH_ARGS="--scenario fair"    options of `unrig run`
#   make test TEST_ARGS="-L unit"               options of `ctest`
#   make install PREFIX=$HOME/.local

PRESET ?= release
PREFIX ?= /usr/local
DESTDIR ?=
BENCH_ARGS ?=
TEST_ARGS ?=
# The main job with its search for numbers of workers takes no longer than longer trials without.
RUN_ARGS := $(or $(BENCH_ARGS),--warmup 1s --duration 4s)

BUILD := build/$(PRESET)
UNRIG := $(BUILD)/bin/unrig
TARGET := $(DESTDIR)$(PREFIX)
SHARE := $(TARGET)/share

.NOTPARALLEL:
.PHONY: bench test setup setup-tests build install uninstall need-prefix package clean help peers
.PHONY: bench-load bench-faults bench-accuracy bench-aa bench-replay bench-coverage bench-build
.PHONY: bench-limiter bench-quota bench-report tidy

bench: setup $(BUILD)/build.ninja ## set-up, build, and the main job: measure the four stacks
	@cmake --build $(BUILD) --target unrig
	@$(UNRIG) run $(RUN_ARGS)

test: build ## set-up, build, all tests
	ctest --test-dir $(BUILD) --output-on-failure --parallel $(shell nproc) $(TEST_ARGS)

setup: ## install what is missing to build and run (tools/packages.txt, uv)
	@tools/setup

build: setup-tests ## set-up with all that tests need, then compile everything
	@cmake --build $(BUILD)

# What has been configured without tests is configured again.
setup-tests:
	@tools/setup tools/packages.txt tools/packages-test.txt
	@cmake --preset $(PRESET) -D UNRIG_TESTS=ON >/dev/null

# The program alone; a tree that has tests keeps them.
$(BUILD)/build.ninja: CMakePresets.json
	cmake --preset $(PRESET) $(if $(wildcard $@),,-D UNRIG_TESTS=OFF)
	@touch $@

# What is copied stands in cmake/UnrigInstall.cmake. Data of an earlier version would be found, too.
install: need-prefix setup $(BUILD)/build.ninja ## copy program and data below PREFIX, /usr/local
	@cmake --build $(BUILD) --target unrig unrig_manual
	rm -rf "$(SHARE)/unrig"
	umask 022 && prefix=$$(realpath -m -- "$(PREFIX)") && \
	  DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$$prefix"

uninstall: need-prefix ## remove what install copied below PREFIX; what runs made (.unrig) stays
	rm -f "$(TARGET)/bin/unrig" "$(SHARE)/man/man1/unrig.1.gz" \
	  "$(SHARE)/bash-completion/completions/unrig" "$(SHARE)/fish/vendor_completions.d/unrig.fish" \
	  "$(SHARE)/zsh/site-functions/_unrig" "$(SHARE)/zsh/vendor-completions/_unrig"
	rm -rf "$(SHARE)/unrig" "$(SHARE)/doc/unrig"

package: setup $(BUILD)/build.ninja ## a Debian package of program and data, in the build folder
	@tools/setup tools/packages-package.txt
	@cmake --build $(BUILD) --target unrig unrig_manual
	cpack --config $(BUILD)/CPackConfig.cmake -B $(BUILD)

# Without a prefix the folders would be those of the whole system.
need-prefix:
	@[ -n "$(PREFIX)" ] || { echo "make: PREFIX is empty" >&2; exit 2; }

bench-load: peers ## benchmark of unrig itself: the load engine beside other generators
	@cmake --build $(BUILD) --target unrig null_server stats_bench
	@python3 bench/load/bench.py --unrig $(UNRIG) --stats-bench $(BUILD)/bench/stats_bench \
	  --null-server $(BUILD)/bench/load/null_server $(BENCH_ARGS)

bench-faults: peers ## what each generator reports of a server that counts its own faults
	@cmake --build $(BUILD) --target unrig fault_server
	@python3 bench/load/faults.py --unrig $(UNRIG) \
	  --fault-server $(BUILD)/tests/fault_server/fault_server $(BENCH_ARGS)

bench-accuracy: peers ## the load engine against servers whose answer is known
	@cmake --build $(BUILD) --target unrig null_server load_accuracy
	@$(BUILD)/bench/load/load_accuracy $(BENCH_ARGS)
	@python3 bench/load/stall.py --unrig $(UNRIG) --null-server $(BUILD)/bench/load/null_server

bench-aa: setup $(BUILD)/build.ninja ## stacks compared with themselves: do the intervals hold 1?
	@cmake --build $(BUILD) --target unrig
	@python3 bench/aa.py --unrig $(UNRIG) $(BENCH_ARGS)

bench-replay: setup-tests ## trials that --blocks auto takes, replayed from a run
	@cmake --build $(BUILD) --target replay
	@$(BUILD)/bench/replay $(or $(BENCH_ARGS),bench/data/article-2020.json)

bench-coverage: setup-tests ## how often intervals hold, by runs that are made up
	@cmake --build $(BUILD) --target coverage
	@$(BUILD)/bench/coverage $(BENCH_ARGS)

bench-report: setup-tests ## how long a report takes to be written, and to answer in a browser
	@cmake --build $(BUILD) --target page_bench

bench-quota: setup-tests ## CPU time that a busy loop gets under a quota
	@cmake --build $(BUILD) --target quota
	@$(BUILD)/bench/quota $(BENCH_ARGS)

bench-limiter: setup-tests ## planted limiters: how many are named rightly, and what looking costs
	@cmake --build $(BUILD) --target unrig rejudge
	@python3 bench/limiter.py --unrig $(UNRIG) --rejudge $(BUILD)/bench/rejudge $(BENCH_ARGS)

bench-build: setup ## a fresh clone, cold: how long until the program is there, and how large is it
	@python3 bench/build.py $(BENCH_ARGS)

# Several files at a time: what they include is read once (docs/build.md).
tidy: setup-tests ## clang-tidy over the program's sources: .clang-tidy
	@tools/setup tools/packages-tidy.txt
	@cmake --preset tidy >/dev/null
	run-clang-tidy-22 -quiet -p build/tidy -j $(shell nproc) '/Unity/|main\.cpp$$'

peers: setup-tests
	@tools/setup tools/packages-peers.txt

clean: ## remove what was built; environments and results (.unrig, .tools) stay
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
