# pxe
# the C part: boot decision, iPXE scripts, dnsmasq's and nginx's configuration
pxe_SRC := pxe/boot.c
pxe_SRC += pxe/boot_files.c
pxe_SRC += pxe/script.c
pxe_SRC += pxe/dnsmasq.c
pxe_SRC += pxe/relayed.c
pxe_SRC += pxe/nginx.c
pxe_SRC += pxe/nginx_limits.c
pxe_SRC += pxe/dhcp_probe.c
pxe_SRC += pxe/dhcp_packet.c
pxe_SRC += pxe/dhcp_relay.c
$(eval $(call library,pxe))
$(eval $(call unit_test,tests/unit/pxe/test_relayed.c,pxe base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/pxe/test_boot.c,pxe base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/pxe/test_writers.c,pxe base,$(BASE_PKG)))
$(eval $(call fuzzer,boot_query,pxe base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/pxe/test_dhcp_probe.c,pxe base,$(BASE_PKG)))
$(eval $(call fuzzer,dhcp_answer,pxe base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/pxe/test_dhcp_relay.c,pxe base,$(BASE_PKG)))
$(eval $(call fuzzer,dhcp_relay,pxe base,$(BASE_PKG)))
$(eval $(call fuzzer,dnsmasq_line,pxe base,$(BASE_PKG)))
FLOW_TESTS += tests/flow/firmware.sh
