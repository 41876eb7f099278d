# The slipway command: main.c finds the row; each noun's table is in NOUN_commands.c.
slipway_SRC := provisioner/cli/main.c
slipway_SRC += provisioner/cli/api.c
slipway_SRC += provisioner/cli/profile_commands.c
slipway_SRC += provisioner/cli/lifecycle_commands.c
