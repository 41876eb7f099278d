# The floor under every room.
base_SRC := provisioner/base/err.c
base_SRC += provisioner/base/alloc.c
base_SRC += provisioner/base/text.c
base_SRC += provisioner/base/str.c
base_SRC += provisioner/base/csv_cell.c
base_SRC += provisioner/base/html.c
base_SRC += provisioner/base/bytes.c
base_SRC += provisioner/base/log.c
base_SRC += provisioner/base/clock.c
base_SRC += provisioner/base/digest.c
base_SRC += provisioner/base/hw_id.c
base_SRC += provisioner/base/json.c
base_SRC += provisioner/base/json_rows.c
base_SRC += provisioner/base/file.c
base_SRC += provisioner/base/child.c
base_SRC += provisioner/base/process.c
base_SRC += provisioner/base/http_client.c
base_SRC += provisioner/base/secret_box.c
base_SRC += provisioner/base/qr_code.c
$(eval $(call library,base))
BASE_PKG := jansson libcurl libcrypto

# apart: the agent, which has no libseccomp, needs none of it
base_confine_SRC := provisioner/base/confine.c
$(eval $(call library,base_confine))
BASE_CONFINE_PKG := libseccomp

$(eval $(call unit_test,tests/unit/base/test_str.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_text.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_csv_cell.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_html.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_err.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_bytes.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_clock.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_digest.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_hw_id.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_json.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_json_rows.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_file.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_child.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_process.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_log.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_http_client.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_http_client_tls.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_secret_box.c,base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_confine.c,base_confine base,$(BASE_CONFINE_PKG) $(BASE_PKG)))
$(eval $(call unit_test,tests/unit/base/test_qr_code.c,base,libqrencode $(BASE_PKG)))
$(eval $(call fuzzer,json,base,$(BASE_PKG)))
$(eval $(call fuzzer,json_rows,base,$(BASE_PKG)))
