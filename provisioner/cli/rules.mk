# The slipway command: one file a command or noun; each noun's table ends in NOUN_commands.c.
slipway_SRC := provisioner/cli/main.c
