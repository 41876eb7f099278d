# provisioner/burnin: verdicts, repair orders and OCP records. Pure code: no transport, no devices.
burnin_SRC := \
	provisioner/burnin/component.c \
	provisioner/burnin/record.c \
	provisioner/burnin/rules.c \
	provisioner/burnin/counters.c \
	provisioner/burnin/tool_output.c \
	provisioner/burnin/smart.c
$(eval $(call library,burnin))
