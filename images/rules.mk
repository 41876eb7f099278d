# Signed archives. images_core verifies and writes (agent, CLI), images_store keeps images on the server,
# images_tool builds and signs (CLI only: it touches private keys).
images_core_SRC := images/core/manifest.c
images_core_SRC += images/core/manifest_encode.c
images_core_SRC += images/core/manifest_words.c
images_core_SRC += images/core/disk_layout.c
images_core_SRC += images/core/disk_layout_apply.c
images_core_SRC += images/core/chunk_table.c
images_core_SRC += images/core/chunk_decoder.c
images_core_SRC += images/core/keys.c
images_core_SRC += images/core/signatures.c
images_core_SRC += images/core/envelope.c
images_core_SRC += images/core/trust_root.c
images_core_SRC += images/core/trust_check.c
images_core_SRC += images/core/channel.c
images_core_SRC += images/core/container.c
images_core_SRC += images/core/policy.c
images_core_SRC += images/core/verify.c
images_core_SRC += images/core/read_exact.c
images_core_SRC += images/core/pool.c
images_core_SRC += images/core/verify_fd.c
images_core_SRC += images/core/fetch.c
images_core_SRC += images/core/source.c
images_core_SRC += images/core/source_objects.c
images_core_SRC += images/core/target.c
images_core_SRC += images/core/partition_table.c
images_core_SRC += images/core/loop_device.c
images_core_SRC += images/core/fs_probe.c
images_core_SRC += images/core/grow.c
images_core_SRC += images/core/vfat_serial.c
images_core_SRC += images/core/empty_fs.c
images_core_SRC += images/core/install_state.c
images_core_SRC += images/core/install_work.c
images_core_SRC += images/core/install_held.c
images_core_SRC += images/core/entry_rules.c
images_core_SRC += images/core/rootfs_rules.c
images_core_SRC += images/core/rootfs_files.c
images_core_SRC += images/core/rootfs_mounts.c
images_core_SRC += images/core/install_rootfs.c
images_core_SRC += images/core/install_finish.c
images_core_SRC += images/core/install_root.c
images_core_SRC += images/core/install.c
images_core_SRC += images/core/receipt.c
images_core_SRC += images/core/erase.c
images_core_SRC += images/core/erase_by_drive.c
$(eval $(call library,images_core))
IMAGES_CORE_PKG := jansson libcrypto libzstd libcurl libarchive fdisk blkid

images_store_SRC := images/core/object_store.c
images_store_SRC += images/core/object_known.c
images_store_SRC += images/core/object_paths.c
images_store_SRC += images/core/object_import.c
images_store_SRC += images/core/object_import_beside.c
images_store_SRC += images/core/object_process.c
images_store_SRC += images/core/object_sandbox.c
images_store_SRC += images/core/object_upload.c
images_store_SRC += images/core/object_check.c
images_store_SRC += images/core/object_gc.c
$(eval $(call library,images_store))
IMAGES_STORE_PKG := $(BASE_CONFINE_PKG)

images_tool_SRC := images/tool/signer.c
images_tool_SRC += images/tool/root_edit.c
images_tool_SRC += images/tool/initrd.c
images_tool_SRC += images/tool/channel_edit.c
images_tool_SRC += images/tool/archive.c
images_tool_SRC += images/tool/pack.c
images_tool_SRC += images/tool/disk_format.c
images_tool_SRC += images/tool/disk_open.c
images_tool_SRC += images/tool/qemu_img.c
images_tool_SRC += images/tool/disk_table.c
images_tool_SRC += images/tool/tar_headers.c
images_tool_SRC += images/tool/container_tar.c
images_tool_SRC += images/tool/docker_save.c
images_tool_SRC += images/tool/input_kind.c
images_tool_SRC += images/tool/tree_source.c
images_tool_SRC += images/tool/tree_oci.c
images_tool_SRC += images/tool/tree_normal.c
images_tool_SRC += images/tool/tree_content.c
images_tool_SRC += images/tool/tree_find.c
images_tool_SRC += images/tool/tree_plan.c
images_tool_SRC += images/tool/tree_node.c
images_tool_SRC += images/tool/tree_order.c
images_tool_SRC += images/tool/tree.c
images_tool_SRC += images/tool/tree_path.c
images_tool_SRC += images/tool/gunzip.c
images_tool_SRC += images/tool/source_file.c
images_tool_SRC += images/tool/fs_check.c
images_tool_SRC += images/tool/rootfs_tar.c
images_tool_SRC += images/tool/ext4_image.c
images_tool_SRC += images/tool/ext4_error.c
images_tool_SRC += images/tool/ext4_add.c
images_tool_SRC += images/tool/ext4_folder.c
images_tool_SRC += images/tool/ext4_content.c
images_tool_SRC += images/tool/ext4_acl.c
images_tool_SRC += images/tool/layout.c
images_tool_SRC += images/tool/pe_image.c
images_tool_SRC += images/tool/boot_files.c
images_tool_SRC += images/tool/boot_release.c
images_tool_SRC += images/tool/boot_systems.c
images_tool_SRC += images/tool/grub_image.c
images_tool_SRC += images/tool/esp_image.c
images_tool_SRC += images/tool/boot_parts.c
images_tool_SRC += images/tool/build_pack.c
images_tool_SRC += images/tool/build_disk.c
images_tool_SRC += images/tool/build_fill.c
images_tool_SRC += images/tool/build.c
$(eval $(call library,images_tool))
IMAGES_TOOL_PKG := ext2fs com_err zlib

# Unit tests stand on the tool, which makes what they check.
IMAGES_TEST_LIBS := images_tool images_store images_core base_confine base
IMAGES_TEST_PKG  := $(IMAGES_TOOL_PKG) $(IMAGES_STORE_PKG) $(IMAGES_CORE_PKG)
IMAGES_FIXTURE   := tests/unit/images/fixture.c
IMAGES_PE        := tests/unit/images/pe_program.c
IMAGES_CRAFTED   := tests/unit/images/crafted.c
$(eval $(call unit_test,tests/unit/images/test_manifest.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_chunk_table.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_container.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_signatures.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_trust_root.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_channel.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_verify.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) $(IMAGES_CRAFTED)))
$(eval $(call unit_test,tests/unit/images/test_verify_fd.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) $(IMAGES_CRAFTED)))
$(eval $(call unit_test,tests/unit/images/test_rootfs_files.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_install.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) tests/unit/images/odd_server.c))
$(eval $(call unit_test,tests/unit/images/test_install_holes.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_initrd.c,images_tool images_core base,$(IMAGES_TEST_PKG)))
$(eval $(call unit_test,tests/unit/images/test_disk_layout.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_install_finish.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_install_root.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) $(IMAGES_PE)))
$(eval $(call unit_test,tests/unit/images/test_pool.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_vfat_serial.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_erase.c,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call unit_test,tests/unit/images/test_object_store.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_object_sandbox.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_tar_headers.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),tests/unit/images/raw_tar.c))
$(eval $(call unit_test,tests/unit/images/test_tree_source.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),tests/unit/images/raw_tar.c))
$(eval $(call unit_test,tests/unit/images/test_tree_plan.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG)))
$(eval $(call unit_test,tests/unit/images/test_tree_content.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),tests/unit/images/raw_tar.c))
$(eval $(call unit_test,tests/unit/images/test_qemu_img.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_format.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE)))
$(eval $(call unit_test,tests/unit/images/test_fetch.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) tests/unit/images/odd_server.c))
$(eval $(call unit_test,tests/unit/images/test_build.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) $(IMAGES_PE)))
$(eval $(call unit_test,tests/unit/images/test_boot_systems.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) $(IMAGES_PE)))
$(eval $(call unit_test,tests/unit/images/test_sector.c,$(IMAGES_TEST_LIBS),$(IMAGES_TEST_PKG),$(IMAGES_FIXTURE) $(IMAGES_PE)))

$(eval $(call fuzzer,manifest,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call fuzzer,disk_layout,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call fuzzer,signatures,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call fuzzer,chunk_table,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call fuzzer,trust_root,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call fuzzer,channel,images_core base,$(IMAGES_CORE_PKG)))
$(eval $(call fuzzer,initrd,images_tool images_core base,$(IMAGES_TEST_PKG)))
$(eval $(call fuzzer,pe,images_tool images_core base,$(IMAGES_TEST_PKG)))
$(eval $(call fuzzer,image_input,images_tool images_core base,$(IMAGES_TEST_PKG)))
$(eval $(call fuzzer,os_release,images_tool images_core base,$(IMAGES_TEST_PKG)))
$(eval $(call fuzzer,container,images_core base,$(IMAGES_CORE_PKG)))

# Side by side with peers; alone on the machine, as root. BENCH_ROOTFS=file for another root file system than
# that of a server: generic kernel, ssh, cloud-init.
BENCH_ROOTFS ?= $(BUILD)/bench/rootfs-amd64.tar
.PHONY: bench-images
bench-images: $(BENCH_ROOTFS) ## images against curl, tar, casync, partclone, dd, bmaptool, rauc, swupdate, openssl
	$(Q)sh tests/setup/install.sh tests/setup/bench.txt
	$(Q)$(MAKE) --no-print-directory -j2 BENCH=1 $(BUILD)/obj/$(VARIANT)-bench/bin/slipway
	$(Q)sh tests/bench/images.sh $(BENCH_ARGS) $(BUILD)/obj/$(VARIANT)-bench/bin/slipway $(BENCH_ROOTFS) $(BUILD)/bench/images.json

.PHONY: coverage-verifier
coverage-verifier: ## branches of the image verifier that its tests take
	$(Q)sh tests/flow/images_verifier_coverage.sh $(BUILD)

FLOW_TESTS += tests/flow/images_verifier_coverage.sh
FLOW_TESTS += tests/flow/images_signing_in_hardware.sh
FLOW_TESTS += tests/flow/image_upload.sh
FLOW_TESTS += tests/flow/image_channel.sh
FLOW_TESTS += tests/flow/images_large.sh
FLOW_TESTS += tests/flow/images_oci.sh
FLOW_TESTS += tests/flow/images_layers.sh
FLOW_TESTS += tests/flow/images_trees.sh
FLOW_TESTS += tests/flow/images_inputs.sh
FLOW_TESTS += tests/flow/images_mount_apart.sh
FAST_TESTS += tests/flow/image_format.sh
