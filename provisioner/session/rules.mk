# provisioner/session: the agent's side of the wire, for the agent and for what plays one.
session_SRC := provisioner/session/backoff.c
session_SRC += provisioner/session/lease.c
session_SRC += provisioner/session/link.c
session_SRC += provisioner/session/outbox.c
$(eval $(call library,session))
SESSION_PKG := $(BASE_PKG) libssl

$(eval $(call unit_test,tests/unit/session/test_lease.c,session proto base,$(SESSION_PKG)))
$(eval $(call unit_test,tests/unit/session/test_link.c,session proto base,$(SESSION_PKG)))
$(eval $(call unit_test,tests/unit/session/test_outbox.c,session proto base,$(SESSION_PKG)))
