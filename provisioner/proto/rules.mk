# provisioner/proto: the words on the wire, for agent, server and CLI.
proto_SRC := \
	provisioner/proto/record.c \
	provisioner/proto/evidence.c \
	provisioner/proto/session.c \
	provisioner/proto/events.c \
	provisioner/proto/facts.c
$(eval $(call library,proto))
