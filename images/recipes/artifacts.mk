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
