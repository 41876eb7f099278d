# provisioner/proto: the words on the wire, for agent, server and CLI.
proto_SRC := \
	provisioner/proto/record.c \
	provisioner/proto/evidence.c \
	provisioner/proto/session.c \
	provisioner/proto/session_code.c \
	provisioner/proto/ssh_host_key.c \
	provisioner/proto/events.c \
	provisioner/proto/facts.c
proto_SRC += provisioner/proto/network.c
proto_SRC += provisioner/proto/console.c
proto_SRC += provisioner/proto/network_parts.c
proto_SRC += provisioner/proto/network_rules.c
proto_SRC += provisioner/proto/network_addresses.c
proto_SRC += provisioner/proto/plan_key.c
proto_SRC += provisioner/proto/plan_envelope.c
proto_SRC += provisioner/proto/plan_encode.c
proto_SRC += provisioner/proto/plan_decode.c
proto_SRC += provisioner/proto/receipt.c
proto_SRC += provisioner/proto/checkpoint.c
proto_SRC += provisioner/proto/lifecycle.c
proto_SRC += provisioner/proto/advice.c
proto_SRC += provisioner/proto/signature.c
proto_SRC += provisioner/proto/transport.c
proto_SRC += provisioner/proto/erase_method.c
$(eval $(call library,proto))
PROTO_PKG := $(BASE_PKG)

$(eval $(call unit_test,tests/unit/proto/test_record.c,proto base,$(PROTO_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_events.c,proto base,$(PROTO_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_session.c,proto base,$(PROTO_PKG)))
$(eval $(call fuzzer,agent_messages,proto base,$(PROTO_PKG)))

$(eval $(call unit_test,tests/unit/proto/test_ssh_host_key.c,proto base,$(PROTO_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_console.c,proto base,$(BASE_PKG)))
$(eval $(call fuzzer,ssh_host_key,proto base,$(PROTO_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_network.c,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_network_rules.c,proto base,$(BASE_PKG)))
$(eval $(call fuzzer,network,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_plan.c,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_receipt.c,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_checkpoint.c,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_lifecycle.c,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_advice.c,proto base,$(BASE_PKG)))
$(eval $(call fuzzer,plan,proto base,$(BASE_PKG)))
$(eval $(call fuzzer,receipt,proto base,$(BASE_PKG)))
$(eval $(call fuzzer,checkpoint,proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_signature.c,server_rules burnin proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/proto/test_transport.c,server_rules burnin proto base,$(BASE_PKG)))
