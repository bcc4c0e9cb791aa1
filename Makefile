# The front door.  Every target does its own set-up: on a bare Debian 12 or 13
# with only git and make, `make check` and `make demo` are all there is to type.
# CMake (CMakePresets.json) does the building; this file only remembers how.

JOBS  ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
DATA  ?=
MINUTES ?= 30
CTEST  = ctest --parallel $(JOBS) --output-on-failure --no-tests=error --test-output-size-passed 1000000

.DEFAULT_GOAL := help
.PHONY: help build check test lint asan tsan clang fuzz sim chaos properties mutation bench coverage demo clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1    \2/p' Makefile

# configured PRESET [GROUPS]: packages, then configure when not yet configured, then build.
define built
	@.ci/setup build $(2)
	@test -f build/$(1)/build.ninja || cmake --preset $(1) $(3)
	cmake --build build/$(1) -j $(JOBS)
endef

build: ## build the programs (release): build/release/cli/tally, build/release/node/tallyd
	$(call built,release)

check: ## build with every check on and run all tests
	$(call built,dev)
	cd build/dev && $(CTEST)

test: ## the unit tests only: fast
	$(call built,dev)
	cd build/dev && $(CTEST) --label-exclude 'e2e|slow'

lint: ## house rules, layout, static checks, spelling
	$(call built,dev,lint)
	tests/tools/lint.sh

asan: ## unit tests and the crash test under AddressSanitizer and UndefinedBehaviorSanitizer
	$(call built,asan)
	cd build/asan && LSAN_OPTIONS="suppressions=$(CURDIR)/tests/tools/lsan.supp print_suppressions=0" \
	  $(CTEST) --label-exclude slow --exclude-regex 'e2e_[^c]|cli_demo|sim_[fs]|house|wire_is'

tsan: ## the threaded tests under ThreadSanitizer
	$(call built,tsan)
	cd build/tsan && TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tools/tsan.supp" $(CTEST) --tests-regex '^test_(mailbox|mempool|net|cluster|signer|api_request|host_(files|store|tls|yaml))$$'

clang: ## build and test with the second compiler
	$(call built,clang,lint)
	cd build/clang && $(CTEST) --label-exclude 'e2e|slow'

fuzz: ## every fuzzer for FUZZ_SECONDS each (default 60)
	$(call built,fuzz,fuzz)
	tests/tools/run_fuzz.sh build/fuzz $(FUZZ_SECONDS)

sim: ## the simulators; SEEDS=1000 runs ten times as many seeds
	$(call built,release)
	tests/tools/run_sim.sh build/release $(SEEDS)

properties: ## what holds of every history, over CASES=100000 random cases from SEED=1
	$(call built,release)
	build/release/tests/contracts/test_properties $(or $(CASES),100000) $(or $(SEED),1)

chaos: ## four to seven real nodes among crashes and failing networks, clocks and disks, MINUTES=30
	$(call built,release)
	TALLY_CHAOS_SECONDS=$$((60 * $(MINUTES))) tests/e2e/run.py --build build/release chaos

mutation: ## break guards of compliance and money one at a time; SAMPLE=200 tries so many, FILES= those of contracts/
	@.ci/setup build
	tests/tools/mutate.py --jobs $(JOBS) --sample $(or $(SAMPLE),0) $(FILES)

bench: ## measure the contract alone, then four nodes, against plain C and raw synced RocksDB batches
	$(call built,release)
	build/release/tests/bench/bench_contracts
	tests/bench/run.py --build build/release

coverage: ## line and branch coverage of the unit tests, room by room
	$(call built,coverage,coverage)
	cd build/coverage && $(CTEST) --label-exclude 'e2e|slow'
	gcovr --root . --exclude tests --exclude-lines-by-pattern '.*\b(TL_CHECK|TL_INVARIANT|TL_UNREACHABLE)\b.*' \
	  build/coverage --csv | python3 tests/tools/coverage_by_room.py

demo: ## a consortium of four nodes, end to end; DATA=FILE.csv[.gz] imports a fines log
	$(call built,release)
	build/release/cli/tally demo $(if $(DATA),--data "$(DATA)")

clean: ## remove everything built
	rm -rf build demo
