# Root file systems of the example OS images; `slipway image build` makes archives of them.
RECIPE_DEBIAN12 := $(wildcard images/recipes/debian12/*.sh images/recipes/debian12/packages) \
                   $(shell find images/recipes/debian12/files -type f) $(CLOSURE_IN)
ROOTFS := $(BUILD)/images/rootfs-amd64.tar $(BUILD)/images/rootfs-arm64.tar

# One after the other: two at once are no faster on two cores.
$(BUILD)/images/rootfs-arm64.tar: | $(BUILD)/images/rootfs-amd64.tar
$(ROOTFS): $(BUILD)/images/rootfs-%.tar: $(RECIPE_DEBIAN12)
	$(call say,ROOTFS,$@)
	$(Q)sh images/recipes/debian12/build.sh $(DEBS) $* $@

.PHONY: rootfs
rootfs: $(ROOTFS) ## make the example OS images' root file systems

# What the image benchmarks install: a server's, of some 660 MB.
$(BUILD)/bench/rootfs-amd64.tar: $(RECIPE_DEBIAN12)
	$(call say,ROOTFS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sh images/recipes/debian12/build.sh --kernel=generic --with-cloud-init $(DEBS) amd64 $@

# ---- archives -----------------------------------------------------------------------------------
# The lab's trust root and keys, made once, and the two images signed with them. SOURCE_DATE_EPOCH makes
# the same archive of the same root file system.
IMAGE_EPOCH := 1750000000
$(BUILD)/images/root.json: $(BUILD)/bin/slipway
	$(call say,ROOT,$@)
	$(Q)test -e $@ || $< root init --lab --dir $(BUILD)/images >/dev/null
	$(Q)touch $@

# slip(architecture, Debian's name of it)
define slip
$(BUILD)/images/debian12-$(1).slip: $(BUILD)/images/rootfs-$(2).tar $(BUILD)/images/root.json
	$$(call say,IMAGE,$$@)
	$$(Q)SOURCE_DATE_EPOCH=$(IMAGE_EPOCH) $(BUILD)/bin/slipway image build --line debian12 --version 12.1 --arch $(1) --output $$@.new $$< >/dev/null
	$$(Q)$(BUILD)/bin/slipway image sign --key $(BUILD)/images/keys/image.key $$@.new >/dev/null
	$$(Q)mv $$@.new $$@
endef
$(eval $(call slip,x86_64,amd64))
$(eval $(call slip,aarch64,arm64))

.PHONY: images
images: $(BUILD)/images/debian12-x86_64.slip $(BUILD)/images/debian12-aarch64.slip ## make the example OS images as signed archives
