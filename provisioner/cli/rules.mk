# The slipway command: main.c finds the row; each noun's table is in NOUN_commands.c.
slipway_SRC := provisioner/cli/main.c
slipway_SRC += provisioner/cli/spelling.c
slipway_SRC += provisioner/cli/api.c
slipway_SRC += provisioner/cli/listing.c
slipway_SRC += provisioner/cli/host_commands.c
slipway_SRC += provisioner/cli/inventory_commands.c
slipway_SRC += provisioner/cli/receipt_commands.c
slipway_SRC += provisioner/cli/image_commands.c
slipway_SRC += provisioner/cli/image_build.c
slipway_SRC += provisioner/cli/image_verify.c
slipway_SRC += provisioner/cli/image_store.c
slipway_SRC += provisioner/cli/option_table.c
slipway_SRC += provisioner/cli/signers.c
slipway_SRC += provisioner/cli/channel_commands.c
slipway_SRC += provisioner/cli/channel_edit.c
slipway_SRC += provisioner/cli/root_commands.c
slipway_SRC += provisioner/cli/root_edit.c
slipway_SRC += provisioner/cli/root_show.c
slipway_SRC += provisioner/cli/profile_commands.c
slipway_SRC += provisioner/cli/webhook_commands.c
slipway_SRC += provisioner/cli/order_commands.c
slipway_SRC += provisioner/cli/export_commands.c
slipway_SRC += provisioner/cli/audit_commands.c
slipway_SRC += provisioner/cli/lifecycle_commands.c
slipway_SRC += provisioner/cli/completion_commands.c
slipway_SRC += provisioner/cli/man_list.c
slipway_LIBS := images_tool images_store images_core proto base_confine base
slipway_PKG  := $(IMAGES_TOOL_PKG) $(IMAGES_STORE_PKG) $(IMAGES_CORE_PKG) $(BASE_PKG)
$(eval $(call program,slipway))
$(eval $(call unit_test,tests/unit/cli/test_spelling.c,base,$(BASE_PKG),provisioner/cli/spelling.c))
FAST_TESTS += tests/flow/cli_completion.sh
$(eval $(call man_page,provisioner/cli/man/slipway.1.scd))
FAST_TESTS += tests/flow/man_pages.sh
FLOW_TESTS += tests/flow/cli_exit_codes.sh
