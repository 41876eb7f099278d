# What hosts boot from, and what their programs are built against: recipes in pxe/sysroot, pxe/ipxe
# and pxe/ramdisk. Each recipe keeps a key of its inputs and does nothing when they are unchanged.
DEBS      := $(BUILD)/cache/debian
CLOSURE_IN := pxe/sysroot/debian_closure.sh pxe/sysroot/debian_sources.sh
DEB_ARCH_x86_64  := amd64
DEB_ARCH_aarch64 := arm64

# ---- sysroots ---------------------------------------------------------------------------------
# For programs that run on hosts: compile with $(SYSROOT_CC_ARCH) $(call sysroot-cflags,ARCH), link with
# $(call sysroot-ldflags,ARCH), ask $(call sysroot-pkg,ARCH) --cflags --libs. The compiler's own
# folders come after the sysroot's, so nothing of this machine but the compiler gets in.
SYSROOT_IN := pxe/sysroot/build.sh pxe/sysroot/packages $(CLOSURE_IN)
SYSROOT_CC_x86_64  := x86_64-linux-gnu-gcc
SYSROOT_CC_aarch64 := aarch64-linux-gnu-gcc
sysroot-lib     = $(BUILD)/sysroot/$(1)/usr/lib/$(1)-linux-gnu
sysroot-inc     = $(BUILD)/sysroot/$(1)/usr/include
sysroot-cflags  = --sysroot=$(BUILD)/sysroot/$(1) -nostdinc -isystem $(shell $(SYSROOT_CC_$(1)) -print-file-name=include) \
                  -isystem $(sysroot-inc)/$(1)-linux-gnu -isystem $(sysroot-inc)
sysroot-ldflags = --sysroot=$(BUILD)/sysroot/$(1) -B$(sysroot-lib)/ -L$(sysroot-lib)
sysroot-pkg     = env PKG_CONFIG_SYSROOT_DIR=$(BUILD)/sysroot/$(1) \
                  PKG_CONFIG_LIBDIR=$(sysroot-lib)/pkgconfig:$(BUILD)/sysroot/$(1)/usr/share/pkgconfig pkg-config

$(BUILD)/sysroot/x86_64/.key $(BUILD)/sysroot/aarch64/.key: $(BUILD)/sysroot/%/.key: $(SYSROOT_IN)
	$(call say,SYSROOT,$*)
	$(Q)sh pxe/sysroot/build.sh $(DEBS) $(BUILD)/sysroot/$* $(DEB_ARCH_$*)

.PHONY: sysroots
sysroots: $(BUILD)/sysroot/x86_64/.key $(BUILD)/sysroot/aarch64/.key ## unpack the libraries that the agent is linked against

# ---- iPXE -------------------------------------------------------------------------------------
$(BUILD)/boot/ipxe/.key: pxe/ipxe/fetch.sh $(CLOSURE_IN)
	$(call say,IPXE,$(@D))
	$(Q)sh pxe/ipxe/fetch.sh $(DEBS) $(BUILD)/boot/ipxe

# ---- kernel and ramdisk -----------------------------------------------------------------------
# The base (kernel, drivers, tools) is kept under cache/; a new agent only repacks the small part.
RAMDISK_IN := $(wildcard pxe/ramdisk/*.sh pxe/ramdisk/files/*) $(CLOSURE_IN) \
              $(addprefix pxe/ramdisk/,packages programs links modules)
BOOT_ARCHES := x86_64 aarch64

$(BUILD)/cache/ramdisk/x86_64/.key $(BUILD)/cache/ramdisk/aarch64/.key: $(BUILD)/cache/ramdisk/%/.key: $(RAMDISK_IN)
	$(call say,BASE,$(@D))
	$(Q)sh pxe/ramdisk/build_base.sh $(DEBS) $(@D) $(DEB_ARCH_$*)

$(BUILD)/boot/x86_64/ramdisk.img $(BUILD)/boot/aarch64/ramdisk.img: $(BUILD)/boot/%/ramdisk.img: \
		$(BUILD)/cache/ramdisk/%/.key $(BUILD)/sysroot/%/.key \
		$(BUILD)/%/slipway-agent $(BUILD)/%/slipway-first-boot
	$(call say,RAMDISK,$@)
	$(Q)sh pxe/ramdisk/pack.sh $(BUILD)/cache/ramdisk/$* $(BUILD)/sysroot/$* \
		$(BUILD)/$*/slipway-agent $(BUILD)/$*/slipway-first-boot $(@D)

$(BUILD)/boot/x86_64/vmlinuz $(BUILD)/boot/aarch64/vmlinuz: $(BUILD)/boot/%/vmlinuz: $(BUILD)/boot/%/ramdisk.img ;

# Firmware that Debian's main does not have: packed when the operator says so, whose terms they accept by that.
FIRMWARE ?= 0
$(BUILD)/boot/x86_64/firmware.cpio $(BUILD)/boot/aarch64/firmware.cpio: $(BUILD)/boot/%/firmware.cpio: \
		$(BUILD)/cache/ramdisk/%/.key pxe/ramdisk/pack_firmware.sh pxe/ramdisk/firmware_packages
	$(call say,FIRMWARE,$@)
	$(Q)sh pxe/ramdisk/pack_firmware.sh $(DEBS) $(BUILD)/cache/ramdisk/$* $(@D) $(DEB_ARCH_$*)
BOOT_FIRMWARE := $(if $(filter 1,$(FIRMWARE)),$(BOOT_ARCHES:%=$(BUILD)/boot/%/firmware.cpio))

.PHONY: boot boot-bases
boot-bases: $(BOOT_ARCHES:%=$(BUILD)/cache/ramdisk/%/.key)
boot: $(BUILD)/boot/ipxe/.key $(BOOT_ARCHES:%=$(BUILD)/boot/%/ramdisk.img) $(BOOT_FIRMWARE) ## make what hosts boot over the network: iPXE, kernels, ramdisks; FIRMWARE=1 adds firmware.cpio
