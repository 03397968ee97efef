# Sluice: a WebSocket gateway on io_uring.
#
#   make run      install what is missing, build, start the gateway in front of an embedded backend
#   make test     install what is missing, build, pass the tests
#
# Everything built lands in build/ (build/BUILD/ for a BUILD other than release).
# BUILD=release|debug|asan|tsan|fuzz, CC=gcc|clang, V=1 (show commands), WERROR=1 (warnings are errors).

BUILD      ?= release
PKG_CONFIG ?= pkg-config
PYTHON     ?= /usr/bin/python3
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
SYSCONFDIR ?= /etc
DOCDIR     ?= $(PREFIX)/share/doc/sluice
DESTDIR    ?=
CFLAGS     ?= -O2 -g
O          ?= build$(if $(filter release,$(BUILD)),,/$(BUILD))

ifneq ($(filter $(BUILD),release debug asan tsan fuzz),$(BUILD))
$(error unknown BUILD=$(BUILD): one of release, debug, asan, tsan, fuzz)
endif
ifeq ($(BUILD),fuzz)
CC := clang
endif

VERSION    := $(shell cat VERSION)

# What the project needs, kept apart from CFLAGS, which belongs to the packager.
STD_FLAGS  := -std=c17 -D_GNU_SOURCE -I. -fno-strict-overflow -fno-strict-aliasing -fstack-protector-strong
WARN_FLAGS := -Wall -Wextra -Werror=implicit -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
              -Wcast-qual -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wswitch-enum -Wdouble-promotion
WARN_FLAGS += $(if $(filter 1,$(WERROR)),-Werror)

MODE_release :=
MODE_debug   := -O0 -g3
MODE_asan    := -O1 -g3 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
MODE_tsan    := -O1 -g3 -fno-omit-frame-pointer -fsanitize=thread
MODE_fuzz    := -O1 -g3 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
MODE         := $(MODE_$(BUILD))

pkg_libs    = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)
LIBS_CORE  := $(call pkg_libs,liburing) $(call pkg_libs,libcrypto) $(call pkg_libs,zlib)
LIBS_ALL   := $(call pkg_libs,yaml-0.1) $(LIBS_CORE) -lpthread

SIMD_SRC   := $(wildcard simd/*.c simd/*/*.c)
CORE_SRC   := $(wildcard core/*/*.c)
GW_SRC     := $(filter-out gateway/main.c,$(wildcard gateway/*/*.c))
UNIT_SRC   := $(sort $(shell find tests/unit tests/support -name '*.c'))
STRESS_SRC := $(wildcard tests/stress/stress_*.c)
CASES_SRC  := $(filter-out %/broken.c,$(wildcard tests/conformance/*.c))
LOAD_SRC   := $(filter-out bench/load/main.c,$(wildcard bench/load/*.c))
FLOOR_SRC  := $(wildcard bench/floor/*.c)
SIM_SRC    := $(wildcard tests/sim/sim_*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS    := $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_SRC))
ALL_C      := $(shell find simd core gateway bench tests -name '*.c' -o -name '*.h' | sort)

Q          := $(if $(filter 1,$(V)),,@)
say         = $(if $(filter 1,$(V)),:,printf '  %-4s %s\n')
obj         = $(patsubst %.c,$(O)/obj/%.o,$(1))
submake    := $(MAKE) --no-print-directory
JOBS       := -j$(shell nproc 2>/dev/null || echo 1)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run test deps test-unit test-sim test-e2e test-peers test-conformance autobahn test-sanitize test-stress \
        test-arm64 test-kernel bench bench-peers bench-deps bench-simd fuzz fuzz-smoke lint format \
        format-check tidy install uninstall clean help doc FORCE

all: $(O)/bin/sluice ## build build/bin/sluice

# The folder decides the instruction set: nothing else is compiled with these flags.
# gcc ends vector functions in vzeroupper only with the option named (part of -O2); clang always does, and knows it not.
VZEROUPPER := -fexpensive-optimizations -Wno-ignored-optimization-argument
ARCH := $(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1)
ifeq ($(ARCH),x86_64)
$(O)/obj/simd/v128/%.o: ISA_FLAGS := -mssse3 -msse4.1
$(O)/obj/simd/v256/%.o: ISA_FLAGS := -mavx2 -mbmi -mbmi2 $(VZEROUPPER)
$(O)/obj/simd/v512/%.o: ISA_FLAGS := -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vbmi -mbmi -mbmi2 -mprefer-vector-width=512 $(VZEROUPPER)
endif
$(O)/obj/gateway/proc/%.o: CPPFLAGS += -DSLUICE_VERSION='"$(VERSION)"'

$(O)/obj/%.o: %.c $(O)/.flags
	@mkdir -p $(@D)
	@$(say) CC $<
	$(Q)$(CC) $(CPPFLAGS) $(STD_FLAGS) $(CFLAGS) $(MODE) $(WARN_FLAGS) $(ISA_FLAGS) -MMD -MP -c $< -o $@

# Rebuild everything when the flags or the version change.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS) $(MODE) $(WARN_FLAGS) $(LDFLAGS) $(VERSION)
$(O)/.flags: FORCE
	@mkdir -p $(@D); echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@
FORCE:

# One archive per layer, linked in layer order.
$(O)/libsimd.a: $(call obj,$(SIMD_SRC))
$(O)/libcore.a: $(call obj,$(CORE_SRC))
$(O)/libgateway.a: $(call obj,$(GW_SRC))
$(O)/libload.a: $(call obj,$(LOAD_SRC))
$(O)/lib%.a:
	@$(say) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^

LAYERS := $(O)/libgateway.a $(O)/libcore.a $(O)/libsimd.a

define link
	@mkdir -p $(@D)
	@$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(MODE) $(LDFLAGS) $(filter %.o %.a,$^) $(1) -o $@
endef

$(O)/bin/sluice: $(call obj,gateway/main.c) $(LAYERS)
	$(call link,$(LIBS_ALL))
# What tests/support/submit_faults.c stands in for.
UNIT_WRAPS := $(patsubst %,-Xlinker --wrap=%,io_uring_submit io_uring_submit_and_wait_timeout)
$(O)/bin/unit_tests: $(call obj,$(UNIT_SRC)) $(O)/libload.a $(LAYERS)
	$(call link,$(UNIT_WRAPS) $(call pkg_libs,criterion) $(LIBS_ALL))
$(O)/bin/conformance: $(call obj,$(CASES_SRC)) $(O)/libcore.a
	$(call link,$(LIBS_CORE) -lpthread)
$(O)/bin/broken: $(call obj,$(patsubst %,tests/conformance/%.c,broken defect row script wire answers plain_utf8 pmd_params pmd_zlib)) $(O)/libcore.a
	$(call link,$(LIBS_CORE) -lpthread)
$(O)/bin/stress_%: $(O)/obj/tests/stress/stress_%.o $(LAYERS)
	$(call link,$(LIBS_ALL))
# What tests/sim stands in for: the kernel below core/io.
SIM_WRAPS := $(patsubst %,-Xlinker --wrap=%,$(addprefix io_uring_,queue_init_params queue_exit submit get_events \
    submit_and_wait_timeout peek_batch_cqe register_buf_ring unregister_buf_ring register_iowq_max_workers \
    register_ring_fd) io_feature_probe syscall socket close shutdown setsockopt getpeername clock_gettime nanosleep \
    getrandom)
$(O)/bin/sim: $(call obj,$(SIM_SRC) tests/sim/main.c) $(LAYERS)
	$(call link,$(SIM_WRAPS) $(LIBS_ALL))
$(O)/bin/fuzz_session: $(call obj,$(SIM_SRC) tests/fuzz/fuzz_session.c) $(LAYERS)
	$(call link,-fsanitize=fuzzer $(SIM_WRAPS) $(LIBS_ALL))
$(O)/bin/fuzz_%: $(O)/obj/tests/fuzz/fuzz_%.o $(LAYERS)
	$(call link,-fsanitize=fuzzer $(LIBS_ALL))

$(O)/bin/sluice-load: $(call obj,bench/load/main.c) $(O)/libload.a $(O)/libcore.a $(O)/libsimd.a
	$(call link,$(LIBS_CORE))
$(O)/bin/sluice-floor: $(call obj,$(FLOOR_SRC)) $(O)/libload.a $(O)/libcore.a $(O)/libsimd.a
	$(call link,$(LIBS_CORE))
$(O)/bin/bench_simd: $(O)/obj/bench/micro/bench_simd.o $(O)/libsimd.a
	$(call link)
BENCH_BINARIES := $(addprefix $(O)/bin/,sluice sluice-load sluice-floor)
bench: $(BENCH_BINARIES) $(O)/bin/bench_simd ## byte kernels, then the gateway beside bare TCP (5 minutes; into build/bench)
	$(Q)$(O)/bin/bench_simd
	$(Q)$(PYTHON) bench/suite/suite.py --plan own --rounds 2 --seconds 1 --only sluice,floor --binaries $(O)/bin
bench-peers: $(BENCH_BINARIES) ## the gateway beside its peers (PLAN=goals|full|own ROUNDS=5 SECONDS=2; make bench-deps first)
	$(Q)$(PYTHON) bench/suite/suite.py --plan $(or $(PLAN),goals) --rounds $(or $(ROUNDS),5) \
	    --seconds $(or $(SECONDS),2) $(if $(ONLY),--only '$(ONLY)') --binaries $(O)/bin
bench-deps: ## install what bench-peers compares with: packages, none of them started, and npm's into build/bench
	$(Q)bench/suite/deps
bench-simd: $(O)/bin/bench_simd ## ns per message of the byte kernels, with ratios to memcpy
	$(Q)$(O)/bin/bench_simd

run: deps ## install what is missing, build, start the gateway in front of an embedded backend
	$(Q)$(submake) $(JOBS) all
	$(Q)tests/support/run-demo $(O)/bin/sluice

test: deps ## install what is missing, build, pass the tests
	$(Q)$(submake) $(JOBS) WERROR=1 all $(O)/bin/unit_tests $(O)/bin/sim
	$(Q)$(submake) WERROR=1 test-unit test-sim test-e2e test-conformance
	$(Q)$(submake) test-sanitize test-arm64 fuzz-smoke
	$(Q)$(submake) WERROR=1 tidy lint format-check
	$(Q)tests/support/summary

deps: ## install what is missing (apt-get; with sudo where not root)
	$(Q)tests/support/deps

test-unit: $(O)/bin/unit_tests ## Criterion tests (T='suite/name*' to filter)
	$(Q)tests/support/unit $(O)/bin/unit_tests $(BUILD) $(if $(T),--filter '$(T)')
test-sim: $(O)/bin/sim ## sessions on a simulated kernel: 2,000 seeds, and the corpus of the session fuzzer
	$(Q)tests/support/sim $(O)/bin/sim $(BUILD) tests/fuzz/corpus/session
test-e2e: $(O)/bin/sluice ## end-to-end tests with real clients and backends (T=expression for pytest -k)
	$(Q)tests/support/e2e $(O)/bin/sluice $(BUILD) $(if $(T),-k '$(T)')
test-peers: deps $(O)/bin/sluice ## Chromium and npm's ws, compressing (installs both; not part of test)
	$(Q)tests/support/deps chromium nodejs node-ws
	$(Q)tests/support/e2e $(O)/bin/sluice $(BUILD) -k test_peers
test-conformance: $(O)/bin/sluice $(O)/bin/conformance $(O)/bin/broken ## Autobahn's cases, direct and relayed, at every SIMD level (FULL=1: groups 12 and 13 complete)
	$(Q)FULL='$(filter 1,$(FULL))' tests/support/conformance $(O)/bin $(BUILD)
autobahn: $(O)/bin/sluice ## AutobahnTestSuite itself, both sides (WSTEST=command, or wstest, or docker; CASES='1.* 12.1.*')
	$(Q)WSTEST='$(WSTEST)' CASES='$(or $(CASES),*)' tests/support/autobahn $(O)/bin
test-stress: ## the threaded parts under ThreadSanitizer
	$(Q)$(submake) $(JOBS) BUILD=tsan $(patsubst tests/stress/%.c,build/tsan/bin/%,$(STRESS_SRC))
	$(Q)tests/support/stress $(patsubst tests/stress/%.c,build/tsan/bin/%,$(STRESS_SRC))
test-sanitize: ## unit and end-to-end tests under ASan and UBSan, threads under TSan
	$(Q)$(submake) $(JOBS) BUILD=asan build/asan/bin/sluice build/asan/bin/unit_tests build/asan/bin/sim
	$(Q)$(submake) BUILD=asan test-unit test-sim test-e2e
	$(Q)$(submake) test-stress

# simd/ alone, for aarch64, under qemu-user: scalar and v128 (NEON, through simde).
ARM64_CC   ?= aarch64-linux-gnu-gcc
ARM64_SRC  := $(filter-out simd/v256/% simd/v512/%,$(SIMD_SRC)) $(wildcard tests/unit/simd/checks*.c) tests/arm64/main.c
build/arm64/simd_tests: $(ARM64_SRC) $(wildcard simd/*.h simd/*/*.h tests/unit/simd/checks.*)
	@mkdir -p $(@D)
	@$(say) LD $@
	$(Q)$(ARM64_CC) -O2 -g -static $(STD_FLAGS) -Wall -Wextra -Werror $(ARM64_SRC) -o $@
test-arm64: build/arm64/simd_tests ## the kernels on aarch64, cross-compiled, under qemu-user
	$(Q)tests/support/arm64 build/arm64/simd_tests

$(O)/bin/kernel_client: $(wildcard tests/kernel/*.c tests/kernel/*.h)
	@mkdir -p $(@D)
	@$(say) LD $@
	$(Q)$(CC) -O2 -g -static $(STD_FLAGS) $(WARN_FLAGS) $(filter %.c,$^) -o $@
test-kernel: $(O)/bin/sluice $(O)/bin/unit_tests $(O)/bin/kernel_client ## the gateway on Linux 6.1, in an emulator (some minutes)
	$(Q)tests/support/deps qemu-system-x86 busybox-static cpio
	$(Q)tests/support/kernel $(O)/bin

fuzz: ## one fuzzer for T seconds (make fuzz F=ws_frame T=60)
	$(Q)$(submake) BUILD=fuzz build/fuzz/bin/fuzz_$(or $(F),$(error F= names the fuzzer: $(FUZZERS)))
	$(Q)mkdir -p build/fuzz/corpus/$(F)
	$(Q)build/fuzz/bin/fuzz_$(F) -max_total_time=$(or $(T),60) -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/ build/fuzz/corpus/$(F) $(wildcard tests/fuzz/corpus/$(F))
fuzz-smoke: ## every fuzzer over its corpus, then T=5 seconds of new inputs
	$(Q)$(submake) $(JOBS) BUILD=fuzz $(patsubst %,build/fuzz/bin/fuzz_%,$(FUZZERS))
	$(Q)tests/support/fuzz-smoke $(or $(T),5) $(FUZZERS)

tidy: $(LAYERS) ## layers, sizes, prefixes, headers that compile alone, words that must not appear; docs/conformance/ names tests that exist
	$(Q)$(PYTHON) -B -m pytest -q -p no:cacheprovider tests/tidy
	$(Q)$(PYTHON) -B tests/tidy/tidy.py --build $(O)/obj --cc '$(CC)'
	$(Q)$(PYTHON) -B tests/tidy/conformance_doc.py
lint: ## clang-tidy
	$(Q)tests/support/lint $(SIMD_SRC) $(CORE_SRC) $(GW_SRC) gateway/main.c $(LOAD_SRC) bench/load/main.c $(FLOOR_SRC) -- $(STD_FLAGS)
format: ## rewrite sources with clang-format
	$(Q)clang-format -i $(ALL_C)
format-check: ## fail where clang-format would change something
	$(Q)clang-format --dry-run -Werror $(ALL_C)

$(O)/bin/gen_config_doc: $(call obj,tests/tidy/gen_config_doc.c tests/support/config_doc.c) $(LAYERS)
	$(call link,$(LIBS_ALL))
doc: $(O)/bin/gen_config_doc ## rewrite docs/configuration.md from gateway/conf/schema.def
	$(Q)$(O)/bin/gen_config_doc > docs/configuration.md

install: all ## install under $(DESTDIR)$(PREFIX)
	install -D -m 755 $(O)/bin/sluice $(DESTDIR)$(BINDIR)/sluice
	install -D -m 644 docs/examples/sluice.yaml $(DESTDIR)$(DOCDIR)/examples/sluice.yaml
	install -D -m 644 README.md $(DESTDIR)$(DOCDIR)/README.md
	install -D -m 644 docs/configuration.md $(DESTDIR)$(DOCDIR)/configuration.md
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(BINDIR)/sluice
	rm -rf $(DESTDIR)$(DOCDIR)
clean: ## remove build/
	rm -rf build
help: ## this text
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile; echo
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
