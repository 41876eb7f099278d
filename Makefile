# Slipway. `make help` lists the targets; each room's rules.mk names its sources, one a line.
#
# Out of tree: everything that is made lies under $(BUILD) (default build/), and nowhere else.
#   BUILD=dir    another place     SAN=1   ASan + UBSan     CC=clang   the other compiler
#   DEVELOPER=0  warnings are not errors (the default outside a git checkout)
#   BENCH=1      with the switches of benchmarks, which no installed program has

BUILD     ?= build
SAN       ?= 0
BENCH     ?= 0
DEVELOPER ?= $(if $(wildcard .git),1,0)
ifeq ($(origin CC),default)
CC        := gcc
endif
PKG       ?= pkg-config
V         ?= 0
Q         := $(if $(filter 1,$(V)),,@)
say        = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

VARIANT   := $(notdir $(CC))$(if $(filter 1,$(SAN)),-san)$(if $(filter 1,$(BENCH)),-bench)
OBJ       := $(BUILD)/obj/$(VARIANT)
BIN       := $(if $(filter gcc,$(VARIANT)),$(BUILD)/bin,$(OBJ)/bin)
VERSION   := 0.1.0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# ---- flags ------------------------------------------------------------------------------------
WARN_ALL  := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
             -Wold-style-definition -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wformat=2 \
             -Wimplicit-fallthrough -Wswitch-enum -Wunused-result
WARN_GCC  := -Wformat-signedness -Wjump-misses-init -Wlogical-op -Wduplicated-cond \
             -Wuse-after-free=3 -Wtrampolines
# clang has no counterpart of gcc's pedantic leniency on GNU statement expressions and ##__VA_ARGS__
WARN_CLANG := -Wno-gnu-statement-expression -Wno-gnu-zero-variadic-macro-arguments
IS_CLANG  := $(findstring clang,$(notdir $(CC)))
WARN      := $(WARN_ALL) $(if $(IS_CLANG),$(WARN_CLANG),$(WARN_GCC)) $(if $(filter 1,$(DEVELOPER)),-Werror)

HARDEN    := -fstack-protector-strong -fstack-clash-protection -fno-delete-null-pointer-checks \
             -fno-strict-overflow -fPIE
HARDEN_X86 := -fcf-protection=full
HARDEN_ARM := -mbranch-protection=standard
ifeq ($(SAN),1)
OPT       := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_LD    := -fsanitize=address,undefined
else
OPT       := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(if $(IS_CLANG),,-ftrivial-auto-var-init=zero)
endif
STD       := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(if $(filter 1,$(BENCH)),-DSLIPWAY_BENCH)
INC       := -Iinclude -Iprovisioner -I. -I$(BUILD)/gen -include base/banned.h
CFLAGS_ALL = $(STD) $(INC) $(OPT) $(WARN) $(HARDEN) $(HARDEN_X86) $(CFLAGS) -DSLIPWAY_VERSION='"$(VERSION)"'
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SAN_LD) $(LDFLAGS)

# $(call pkg-cflags,LIBS) and $(call pkg-libs,LIBS) ask pkg-config once per list.
pkg-cflags = $(shell $(PKG) --cflags $(1) 2>/dev/null)
pkg-libs   = $(shell $(PKG) --libs $(1) 2>/dev/null)

# ---- rooms ------------------------------------------------------------------------------------
# A room's rules.mk sets NAME_SRC (its sources) and calls $(eval $(call library,NAME)); a program
# sets PROG_SRC, PROG_LIBS (room libraries in link order) and PROG_PKG, then calls
# $(eval $(call program,PROG)). Unit tests: $(eval $(call unit_test,tests/unit/ROOM/test_X.c,LIBS,PKGS)).
ALL_OBJ   :=
PROGRAMS  :=
UNIT_TESTS :=
FAST_TESTS :=
FLOW_PROGRAMS :=
FLOW_TESTS :=
LAB_TESTS :=
FUZZERS   :=
MAN_PAGES :=

objs       = $(patsubst %.c,$(OBJ)/%.o,$(1))
lib        = $(patsubst %,$(OBJ)/lib%.a,$(1))

define library
ALL_OBJ += $$(call objs,$$($(1)_SRC))
$$(call lib,$(1)): $$(call objs,$$($(1)_SRC))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && ar rcsD $$@ $$^
endef

define program
ALL_OBJ += $$(call objs,$$($(1)_SRC))
PROGRAMS += $$(BIN)/$(1)
$$(BIN)/$(1): $$(call objs,$$($(1)_SRC)) $$(call lib,$$($(1)_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(call objs,$$($(1)_SRC)) -Wl,--start-group $$(call lib,$$($(1)_LIBS)) -Wl,--end-group $$(call pkg-libs,$$($(1)_PKG)) $$($(1)_LDLIBS)
endef

# what every unit test may call
HARNESS_SRC := tests/harness/sandbox_root.c

# unit_test(source, room libraries, pkg-config names[, extra sources])
define unit_test
ALL_OBJ += $$(call objs,$(1) $(4) $(HARNESS_SRC))
UNIT_TESTS += $$(OBJ)/$(basename $(1))
$$(OBJ)/$(basename $(1)): $$(call objs,$(1) $(4) $(HARNESS_SRC)) $$(call lib,$(2))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(call objs,$(1) $(4) $(HARNESS_SRC)) -Wl,--start-group $$(call lib,$(2)) -Wl,--end-group $$(call pkg-libs,cmocka $(3)) -lm
endef

# fuzzer(name, room libraries, pkg-config names): tests/fuzz/fuzz_NAME.c; with clang a libFuzzer
# program, and with any compiler a replay of the corpus in tests/fuzz/corpus/NAME/ as a test.
define fuzzer
ALL_OBJ += $$(call objs,tests/fuzz/fuzz_$(1).c)
UNIT_TESTS += $$(OBJ)/tests/fuzz/replay_$(1)
FUZZERS += $(1)
$$(OBJ)/tests/fuzz/replay_$(1): $$(call objs,tests/fuzz/fuzz_$(1).c tests/fuzz/replay.c) $$(call lib,$(2))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(call objs,tests/fuzz/fuzz_$(1).c tests/fuzz/replay.c) -Wl,--start-group $$(call lib,$(2)) -Wl,--end-group $$(call pkg-libs,$(3)) -lm
$$(BUILD)/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(foreach l,$(2),$$($$(l)_SRC))
	$$(call say,FUZZ,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)clang $$(STD) $$(INC) -O1 -g -fsanitize=fuzzer,address,undefined -DSLIPWAY_VERSION='"fuzz"' -Wno-everything $$(call pkg-cflags,$(3)) -o $$@ $$^ $$(call pkg-libs,$(3) $(if $(filter base,$(2)),libqrencode)) -lm
endef

# man_page(ROOM/man/NAME.SECTION.scd). A line @COMMANDS@ becomes the list that slipway itself prints.
define man_page
MAN_PAGES += $$(BUILD)/man/$$(notdir $(basename $(1)))
$$(BUILD)/man/$$(notdir $(basename $(1))): $(1) $$(if $$(filter %/slipway.1.scd,$(1)),$$(BIN)/slipway)
	$$(call say,MAN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)! grep -q '^@COMMANDS@' $$< || $$(BIN)/slipway help --scdoc > $$@.commands
	$$(Q)sed -e '/^@COMMANDS@/{r $$@.commands' -e 'd;}' $$< | scdoc > $$@
	$$(Q)rm -f $$@.commands
endef

include provisioner/base/rules.mk
include provisioner/proto/rules.mk
include provisioner/burnin/rules.mk
include images/rules.mk
include inventory/rules.mk
include pxe/rules.mk
include provisioner/server/rules.mk
include provisioner/session/rules.mk
include provisioner/agent/rules.mk
include provisioner/cli/rules.mk
include provisioner/web/rules.mk
include vm-lab/rules.mk
include pxe/artifacts.mk
include $(wildcard images/recipes/artifacts.mk)
include tests/rules.mk

DEP_PKGS  := jansson libcurl libcrypto libssl libarchive libzstd sqlite3 libpq libsystemd \
             libmicrohttpd fdisk blkid libvirt libxml-2.0 libseccomp smartcols cmocka
DEP_CFLAGS := $(call pkg-cflags,$(DEP_PKGS))

$(OBJ)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(DEP_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(ALL_OBJ:.o=.d))

# ---- what people call -------------------------------------------------------------------------
.PHONY: all deps help clean fmt lint unit-programs check check-all check-fast fuzz sizes
all: $(PROGRAMS) ## build every program for this machine

deps: ## install the Debian packages that are missing (root, or sudo)
	$(Q)sh tests/setup/install.sh

unit-programs: $(UNIT_TESTS) $(FLOW_PROGRAMS)

LINTS    := $(addprefix tests/lint/,$(LINT_TESTS))
RUN       = sh tests/run-tests.sh -o $(BUILD)/test
# Namespaces, loop devices, taps and guests need root; a user who may sudo is asked for the password, once,
# and owns in the end what was made. Without either, those tests are skipped and say so.
AS_ROOT  := $(if $(filter 0,$(shell id -u)),,$(shell command -v sudo))
OWN_AGAIN = $(if $(AS_ROOT),$(AS_ROOT) chown -R $(shell id -u):$(shell id -g) $(BUILD),true)

lint: ## the lints that keep the house
	$(Q)$(RUN) -j2 $(LINTS)

check-fast: all unit-programs ## tests that need no root, in under two minutes
	$(Q)$(RUN) -j3 -t 60 $(LINTS) $(UNIT_TESTS) $(FAST_TESTS)

check: ## every test: lint, both compilers, sanitizers, unit, fuzz replay, flow, browser, lab
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j2 all unit-programs artifacts
	$(Q)$(MAKE) --no-print-directory -j2 CC=clang all
	$(Q)$(MAKE) --no-print-directory -j2 SAN=1 all unit-programs
	$(Q)status=0; \
	$(RUN) -q -j2 -t 300 $(LINTS) || status=1; \
	$(AS_ROOT) $(RUN) -a -q -j2 -t 300 $(UNIT_TESTS_SAN) || status=1; \
	$(AS_ROOT) $(RUN) -a -q -j2 -t 900 $(LONG_TESTS) $(filter-out $(LONG_TESTS),$(FAST_TESTS) $(FLOW_TESTS)) || status=1; \
	$(AS_ROOT) $(RUN) -a -q -t 300 $(ALONE_TESTS) || status=1; \
	$(AS_ROOT) $(RUN) -a -t 2400 $(LAB_TESTS) || status=1; \
	$(OWN_AGAIN); \
	exit $$status

.PHONY: artifacts lab lab-run
check-all: ## check, then what takes hours: unit and flow tests on a busy machine, 2,000 random trees, every system booted, every lab scenario
	$(Q)$(MAKE) --no-print-directory check
	$(Q)$(AS_ROOT) sh tests/run-busy.sh -j2 -n 3 -t 5400 -o $(BUILD)/test-busy $(UNIT_TESTS) $(FAST_TESTS) $(FLOW_TESTS)
	$(Q)$(AS_ROOT) env HOSTILE_SECONDS=600 $(RUN) -a -t 1200 tests/flow/hostile_random.sh
	$(Q)$(AS_ROOT) env SLIPWAY_TREES=2000 $(RUN) -a -t 14400 tests/flow/images_trees.sh
	$(Q)$(AS_ROOT) $(RUN) -a -t 7200 tests/flow/images_boot.sh
	$(Q)$(MAKE) --no-print-directory lab-images
	$(Q)$(AS_ROOT) $(RUN) -a -t 14400 tests/flow/lab_all_scenarios.sh
	$(Q)$(AS_ROOT) env LAB_FULL=1 $(RUN) -a -t 3000 tests/flow/lab_installed.sh

# after `all`: both would link the programs that make images, at the same time
artifacts: all ## boot files for hosts, OS images and the web page
	$(Q)$(MAKE) --no-print-directory boot images web

SCENARIO ?= three-hosts
lab: ## three virtual hosts from power-on to ready (SCENARIO=NAME for another scenario)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j2 all artifacts
	$(Q)$(MAKE) --no-print-directory lab-run

lab-run:
	$(Q)status=0; $(AS_ROOT) $(BIN)/slipway-lab run --build $(BUILD) $(SCENARIO) || status=$$?; \
	$(OWN_AGAIN); exit $$status

.PHONY: bench
bench: bench-images bench-inventory bench-boot ## benchmarks beside peers; tables, and build/bench/NAME.json

fuzz: $(foreach f,$(FUZZERS),$(BUILD)/fuzz/fuzz_$(f)) ## run each fuzzer for FUZZ_S seconds (default 60) from its corpus
	$(Q)for f in $(FUZZERS); do mkdir -p $(BUILD)/fuzz/new/$$f; echo "fuzz $$f"; \
	$(BUILD)/fuzz/fuzz_$$f -max_total_time=$(FUZZ_S) -rss_limit_mb=2048 -print_final_stats=0 \
	  -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/new/$$f tests/fuzz/corpus/$$f \
	  >$(BUILD)/fuzz/$$f.log 2>&1 || { tail -n 30 $(BUILD)/fuzz/$$f.log; exit 1; }; done
FUZZ_S ?= 60

help: ## list these targets
	@grep -hE '^[a-z][a-z_-]*( [a-z_-]+)*:.*##' $(MAKEFILE_LIST) | sort -u | sed -E 's/^([a-z _-]+):.*## ?/  \1\t/' | expand -t 22

fmt: ## lay out the C sources with clang-format
	$(Q)git ls-files '*.c' '*.h' | xargs -r clang-format -i

sizes: ## the ten longest files and functions
	$(Q)git ls-files '*.c' '*.h' | xargs wc -l | sort -rn | sed -n 2,11p
	$(Q)git ls-files '*.c' | xargs awk 'FNR==1{d=0} /^[a-z].*\)$$/{f=$$0;l=FNR} /^{/{d=1} /^}/{if(d&&f!=""){printf "%5d %s: %s\n",FNR-l,FILENAME,f};d=0;f=""}' | sort -rn | head

# ---- installing -------------------------------------------------------------------------------
PREFIX    ?= /usr/local
DESTDIR   ?=
INSTALL_IN = provisioner/server/install
COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
at-prefix  = sed 's|@PREFIX@|$(PREFIX)|' $(1) > $(2)

.PHONY: install uninstall deb man
man: $(MAN_PAGES) ## build the manual pages

install: all man ## install programs, boot files (if built), unit, example configuration
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/slipway \
	  $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)/etc/slipway
	install -m 755 $(BIN)/slipwayd $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(BIN)/slipway $(BIN)/slipway-lab $(DESTDIR)$(PREFIX)/bin/
	$(foreach u,$(notdir $(wildcard $(INSTALL_IN)/*.service)),$(call at-prefix,$(INSTALL_IN)/$(u),$(DESTDIR)$(PREFIX)/lib/systemd/system/$(u));)
	install -d $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 644 $(INSTALL_IN)/slipway.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/slipway.conf
	test -e $(DESTDIR)/etc/slipway/slipway.conf || \
	  $(call at-prefix,$(INSTALL_IN)/slipway.conf,$(DESTDIR)/etc/slipway/slipway.conf)
	install -d $(foreach s,1 5 8,$(DESTDIR)$(PREFIX)/share/man/man$(s)) $(COMPLETIONS)
	for page in $(MAN_PAGES); do install -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/; done
	$(BIN)/slipway completion bash > $(COMPLETIONS)/slipway
	install -d $(DESTDIR)$(PREFIX)/share/slipway/scenarios $(DESTDIR)$(PREFIX)/share/slipway/lab-example
	install -m 644 vm-lab/scenarios/* $(DESTDIR)$(PREFIX)/share/slipway/scenarios/
	install -m 644 vm-lab/example/* $(DESTDIR)$(PREFIX)/share/slipway/lab-example/
	install -d $(DESTDIR)$(PREFIX)/share/slipway/glue
	install -m 755 $(INSTALL_IN)/glue.py $(DESTDIR)$(PREFIX)/share/slipway/glue/
	for d in boot web; do test ! -d $(BUILD)/$$d || { install -d $(DESTDIR)$(PREFIX)/share/slipway/$$d && \
	  tar -C $(BUILD)/$$d -ch --exclude='.[a-z]*' --exclude='*.lock' . | tar -C $(DESTDIR)$(PREFIX)/share/slipway/$$d -x --no-same-owner; }; done

# The folders that others use stay, and so does a configuration that somebody changed.
OWN_UNITS  = slipwayd slipway-nginx slipway-dnsmasq slipway-dhcp-prober
uninstall: ## remove what install put there; a changed configuration, /var/lib/slipway and the users stay
	test -n "$(DESTDIR)" || ! test -d /run/systemd/system || systemctl disable --now $(OWN_UNITS)
	rm -f $(DESTDIR)$(PREFIX)/sbin/slipwayd $(addprefix $(DESTDIR)$(PREFIX)/bin/,slipway slipway-lab) \
	  $(foreach u,$(OWN_UNITS),$(DESTDIR)$(PREFIX)/lib/systemd/system/$(u).service) \
	  $(DESTDIR)$(PREFIX)/lib/sysusers.d/slipway.conf $(COMPLETIONS)/slipway \
	  $(foreach p,$(notdir $(MAN_PAGES)),$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(p)))/$(p))
	rm -rf $(DESTDIR)$(PREFIX)/share/slipway
	sed 's|@PREFIX@|$(PREFIX)|' $(INSTALL_IN)/slipway.conf | cmp -s - $(DESTDIR)/etc/slipway/slipway.conf && \
	  rm $(DESTDIR)/etc/slipway/slipway.conf || true
	test ! -d $(DESTDIR)/etc/slipway || rmdir --ignore-fail-on-non-empty $(DESTDIR)/etc/slipway
	test -n "$(DESTDIR)" || ! test -d /run/systemd/system || systemctl daemon-reload

DEB_ROOT   = $(BUILD)/deb/slipway
deb: all artifacts ## build/slipway_VERSION_amd64.deb
	$(Q)rm -rf $(DEB_ROOT)
	$(Q)$(MAKE) --no-print-directory install PREFIX=/usr DESTDIR=$(abspath $(DEB_ROOT)) >/dev/null
	$(Q)install -d $(DEB_ROOT)/DEBIAN && echo /etc/slipway/slipway.conf > $(DEB_ROOT)/DEBIAN/conffiles
	$(Q)install -m 755 $(addprefix $(INSTALL_IN)/,postinst prerm postrm) $(DEB_ROOT)/DEBIAN/
	$(Q)sh $(INSTALL_IN)/control.sh $(VERSION) $(DEB_ROOT) > $(DEB_ROOT)/DEBIAN/control
	$(Q)dpkg-deb -z1 --root-owner-group --build $(DEB_ROOT) $(BUILD)/slipway_$(VERSION)_$$(dpkg --print-architecture).deb

clean: ## remove everything that was built
	$(Q)rm -rf $(BUILD)
