# provisioner/server: slipwayd.
# the HTTP seam
server_http_SRC := provisioner/server/http/reply.c
server_http_SRC += provisioner/server/http/request.c
server_http_SRC += provisioner/server/http/route.c
server_http_SRC += provisioner/server/http/cors.c
server_http_SRC += provisioner/server/http/deprecation.c
server_http_SRC += provisioner/server/http/kick.c
server_http_SRC += provisioner/server/http/server.c
server_http_SRC += provisioner/server/http/status.c
server_http_SRC += provisioner/server/http/wait.c
$(eval $(call library,server_http))

# what profiles mean: pure, apart so that tests and fuzzers need nothing else
server_rules_SRC := provisioner/server/flow/profile.c
server_rules_SRC += provisioner/server/flow/disk_choice.c
server_rules_SRC += provisioner/server/flow/profile_check.c
server_rules_SRC += provisioner/server/flow/profile_near.c
server_rules_SRC += provisioner/server/flow/ssh_key.c
server_rules_SRC += provisioner/server/flow/user_data.c
server_rules_SRC += provisioner/server/flow/order_rules.c
server_rules_SRC += provisioner/server/flow/evidence_view.c
$(eval $(call library,server_rules))

# what would be done with a host, without a server: for `slipway simulate`
server_simulate_SRC := provisioner/server/simulate/host.c
server_simulate_SRC += provisioner/server/simulate/identity.c
$(eval $(call library,server_simulate))
SERVER_SIMULATE_LIBS := server_simulate server_rules pxe burnin
$(eval $(call unit_test,tests/unit/server/simulate/test_host.c,$(SERVER_SIMULATE_LIBS) inventory images_core proto base,$(INVENTORY_PKG)))

# what decides about hosts
server_flow_SRC := provisioner/server/flow/arm.c
server_flow_SRC += provisioner/server/flow/arm_erase.c
server_flow_SRC += provisioner/server/flow/arm_ask.c
server_flow_SRC += provisioner/server/flow/arm_limits.c
server_flow_SRC += provisioner/server/flow/arm_state.c
server_flow_SRC += provisioner/server/flow/binding.c
server_flow_SRC += provisioner/server/flow/burn_gate.c
server_flow_SRC += provisioner/server/flow/burn_proof.c
server_flow_SRC += provisioner/server/flow/burn_repair.c
server_flow_SRC += provisioner/server/flow/burn_run.c
server_flow_SRC += provisioner/server/flow/burn_fleet.c
server_flow_SRC += provisioner/server/flow/burn_firmware.c
server_flow_SRC += provisioner/server/flow/burn_history.c
server_flow_SRC += provisioner/server/flow/checkpoints.c
server_flow_SRC += provisioner/server/flow/deadlines.c
server_flow_SRC += provisioner/server/flow/engine.c
server_flow_SRC += provisioner/server/flow/engine_guards.c
server_flow_SRC += provisioner/server/flow/engine_profile.c
server_flow_SRC += provisioner/server/flow/fleet.c
server_flow_SRC += provisioner/server/flow/flow.c
server_flow_SRC += provisioner/server/flow/host_advice.c
server_flow_SRC += provisioner/server/flow/host_use.c
server_flow_SRC += provisioner/server/flow/host_verb.c
server_flow_SRC += provisioner/server/flow/host_view.c
server_flow_SRC += provisioner/server/flow/image_check.c
server_flow_SRC += provisioner/server/flow/latest.c
server_flow_SRC += provisioner/server/flow/live.c
server_flow_SRC += provisioner/server/flow/lost_disk.c
server_flow_SRC += provisioner/server/flow/notices.c
server_flow_SRC += provisioner/server/flow/order.c
server_flow_SRC += provisioner/server/flow/order_work.c
server_flow_SRC += provisioner/server/flow/outbound.c
server_flow_SRC += provisioner/server/flow/planner.c
server_flow_SRC += provisioner/server/flow/step_builder.c
server_flow_SRC += provisioner/server/flow/step_host.c
server_flow_SRC += provisioner/server/flow/profile_change.c
server_flow_SRC += provisioner/server/flow/profile_reach.c
server_flow_SRC += provisioner/server/flow/profile_secret.c
server_flow_SRC += provisioner/server/flow/protected.c
server_flow_SRC += provisioner/server/flow/quota.c
server_flow_SRC += provisioner/server/flow/sightings.c
$(eval $(call library,server_flow))

# agents
server_session_SRC := provisioner/server/session/events.c
server_session_SRC += provisioner/server/session/burn_in_end.c
server_session_SRC += provisioner/server/session/first_boot.c
server_session_SRC += provisioner/server/session/next.c
server_session_SRC += provisioner/server/session/open_budget.c
server_session_SRC += provisioner/server/session/ownership.c
server_session_SRC += provisioner/server/session/partners.c
server_session_SRC += provisioner/server/session/permit.c
server_session_SRC += provisioner/server/session/routes.c
server_session_SRC += provisioner/server/session/session.c
$(eval $(call library,server_session))

# people and programs
server_api_SRC := provisioner/server/api/access.c
server_api_SRC += provisioner/server/api/arm_routes.c
server_api_SRC += provisioner/server/api/authorize.c
server_api_SRC += provisioner/server/api/changes.c
server_api_SRC += provisioner/server/api/channel_routes.c
server_api_SRC += provisioner/server/api/collections.c
server_api_SRC += provisioner/server/api/rate.c
server_api_SRC += provisioner/server/api/report_routes.c
server_api_SRC += provisioner/server/api/control_routes.c
server_api_SRC += provisioner/server/api/custom_routes.c
server_api_SRC += provisioner/server/api/deliveries.c
server_api_SRC += provisioner/server/api/deprecated.c
server_api_SRC += provisioner/server/api/erase_routes.c
server_api_SRC += provisioner/server/api/error_manual.c
server_api_SRC += provisioner/server/api/host_orders.c
server_api_SRC += provisioner/server/api/host_verbs.c
server_api_SRC += provisioner/server/api/hosts.c
server_api_SRC += provisioner/server/api/image_routes.c
server_api_SRC += provisioner/server/api/meta.c
server_api_SRC += provisioner/server/api/openapi.c
server_api_SRC += provisioner/server/api/openapi_answer.c
server_api_SRC += provisioner/server/api/openapi_body.c
server_api_SRC += provisioner/server/api/openapi_deprecated.c
server_api_SRC += provisioner/server/api/order_answer.c
server_api_SRC += provisioner/server/api/order_routes.c
server_api_SRC += provisioner/server/api/profile_routes.c
server_api_SRC += provisioner/server/api/read.c
server_api_SRC += provisioner/server/api/slow_questions.c
server_api_SRC += provisioner/server/api/archive_routes.c
server_api_SRC += provisioner/server/api/fault_routes.c
server_api_SRC += provisioner/server/api/live_members.c
server_api_SRC += provisioner/server/api/request.c
server_api_SRC += provisioner/server/api/roles.c
server_api_SRC += provisioner/server/api/seen_routes.c
server_api_SRC += provisioner/server/api/sign_in.c
server_api_SRC += provisioner/server/api/passwords.c
server_api_SRC += provisioner/server/api/doctor.c
server_api_SRC += provisioner/server/api/store_growth.c
server_api_SRC += provisioner/server/api/upload_routes.c
server_api_SRC += provisioner/server/api/user_routes.c
server_api_SRC += provisioner/server/api/webhooks.c
server_api_SRC += provisioner/server/api/write.c
server_api_SRC += provisioner/server/api/host_answer.c
server_api_SRC += provisioner/server/api/writes.c
$(eval $(call library,server_api))

# reader processes
server_reader_SRC := provisioner/server/reader/checkpoint_files.c
server_reader_SRC += provisioner/server/reader/password.c
server_reader_SRC += provisioner/server/reader/read_job.c
server_reader_SRC += provisioner/server/reader/reader.c
server_reader_SRC += provisioner/server/reader/readers.c
server_reader_SRC += provisioner/server/reader/retention.c
$(eval $(call library,server_reader))

# boot scripts, nginx, dnsmasq
server_boot_SRC := provisioner/server/boot/boot_route.c
server_boot_SRC += provisioner/server/boot/boot_server.c
server_boot_SRC += provisioner/server/boot/boot_nets.c
server_boot_SRC += provisioner/server/boot/dhcp_alarm.c
server_boot_SRC += provisioner/server/boot/no_loader.c
server_boot_SRC += provisioner/server/boot/dhcp_alone.c
server_boot_SRC += provisioner/server/boot/silent_loader.c
server_boot_SRC += provisioner/server/boot/dhcp_watch.c
server_boot_SRC += provisioner/server/boot/line_pipe.c
server_boot_SRC += provisioner/server/boot/http_probe.c
server_boot_SRC += provisioner/server/boot/port_holder.c
server_boot_SRC += provisioner/server/boot/service_urls.c
server_boot_SRC += provisioner/server/boot/services.c
$(eval $(call library,server_boot))

# webhooks
server_notify_SRC := provisioner/server/notify/webhook_post.c
server_notify_SRC += provisioner/server/notify/webhook_sender.c
$(eval $(call library,server_notify))

# the roof: it joins them
server_roof_SRC := provisioner/server/app.c
server_roof_SRC += provisioner/server/config.c
server_roof_SRC += provisioner/server/machine_check.c
server_roof_SRC += provisioner/server/self_check.c
server_roof_SRC += provisioner/server/routes.c
server_roof_SRC += provisioner/server/site.c
$(eval $(call library,server_roof))

SERVER_LIBS := server_roof server_api server_session server_boot server_notify server_reader server_flow server_rules burnin server_http

# what has privileges, or gives them up
slipwayd_SRC := provisioner/server/main.c
slipwayd_SRC += provisioner/server/halves.c
slipwayd_SRC += provisioner/server/daemon_calls.c
slipwayd_SRC += provisioner/server/boot/dhcp_prober.c
slipwayd_SRC += provisioner/server/boot/program.c
slipwayd_SRC += provisioner/server/boot/service_user.c
slipwayd_SRC += provisioner/server/boot/supervised.c
slipwayd_SRC += provisioner/server/boot/supervisor.c
slipwayd_LIBS := $(SERVER_LIBS) inventory proto pxe images_store images_core base_confine base
slipwayd_PKG := libmicrohttpd libsystemd inih jansson libcurl libcrypto libssl libarchive libzstd zlib sqlite3 libpq libseccomp fdisk blkid
$(eval $(call program,slipwayd))

# tests run the daemon's core without nginx and dnsmasq, over an object store that is fake
SERVER_TEST_LIBS := $(SERVER_LIBS) session inventory proto pxe images_core base
SERVER_TEST_PKG := libmicrohttpd libsystemd inih jansson libcurl libcrypto libssl libarchive libzstd zlib sqlite3 libpq
SERVER_BENCH := tests/harness/server_bench.c tests/harness/fake_agent.c tests/harness/fake_object_store.c
HOST_WALK := $(SERVER_BENCH) tests/harness/host_walk.c
$(eval $(call unit_test,tests/unit/server/test_flow.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/boot/test_seen_hosts.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_lost_disk.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_admission.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_arming.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_permit.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/test_writing.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/flow/test_host_advice.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/flow/test_latest.c,images_tool $(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_partners.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_break_fix.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_repair.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/flow/test_burn_gate.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/flow/test_host_view.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_burn_in.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_unrest.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_receipts.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_binding.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_strangers.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/session/test_hostile_text.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_bad_requests.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(SERVER_BENCH)))
$(eval $(call unit_test,tests/unit/server/api/test_erase_routes.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_changes.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/test_two_appliances.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_audit.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(SERVER_BENCH)))
$(eval $(call unit_test,tests/unit/server/api/test_slow_questions.c,server_api inventory base,$(INVENTORY_PKG)))
$(eval $(call unit_test,tests/unit/server/api/test_error_manual.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(SERVER_BENCH)))
$(eval $(call unit_test,tests/unit/server/api/test_deprecated.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(SERVER_BENCH)))
$(eval $(call unit_test,tests/unit/server/api/test_scopes.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_profile_routes.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_in_use.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_profile_guards.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/api/test_second_person.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
# It needs a PostgreSQL, which tests/flow/two_appliances.sh starts for it: run there, built here.
TWO_APPLIANCES := $(OBJ)/tests/unit/server/test_two_appliances
# This one needs a whole appliance, which tests/flow/image_quarantine.sh starts for it.
$(eval $(call unit_test,tests/unit/server/test_quarantine.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG) fdisk blkid,$(HOST_WALK)))
QUARANTINE     := $(OBJ)/tests/unit/server/test_quarantine
# And this one people who follow the README, whom tests/flow/first_hour.sh plays.
$(eval $(call unit_test,tests/unit/server/test_first_hour.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
FIRST_HOUR     := $(OBJ)/tests/unit/server/test_first_hour
UNIT_TESTS     := $(filter-out $(TWO_APPLIANCES) $(QUARANTINE) $(FIRST_HOUR),$(UNIT_TESTS))
FLOW_PROGRAMS  += $(TWO_APPLIANCES) $(QUARANTINE) $(FIRST_HOUR)
FLOW_TESTS += tests/flow/first_hour.sh
FLOW_TESTS += tests/flow/image_quarantine.sh
FLOW_TESTS += tests/flow/server_services.sh
FLOW_TESTS += tests/flow/units.sh
FLOW_TESTS += tests/flow/webhooks.sh
FLOW_TESTS += tests/flow/http_hostile.sh
FLOW_TESTS += tests/flow/readers.sh
FLOW_TESTS += tests/flow/second_dhcp_server.sh
FLOW_TESTS += tests/flow/one_lease_a_mac.sh
FLOW_TESTS += tests/flow/dhcp_architectures.sh
FLOW_TESTS += tests/flow/dhcp_interfaces.sh
FLOW_TESTS += tests/flow/two_appliances.sh
$(eval $(call unit_test,tests/unit/server/api/test_store_growth.c,base,$(BASE_PKG),provisioner/server/api/store_growth.c))
$(eval $(call unit_test,tests/unit/server/api/test_sign_in.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(HOST_WALK)))
$(eval $(call unit_test,tests/unit/server/reader/test_password.c,server_reader base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_quota.c,server_flow base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_order_rules.c,server_rules burnin proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_profile.c,server_rules images_core burnin proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_user_data.c,server_rules images_core burnin proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_profile_check.c,server_rules images_core burnin proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_profile_near.c,server_rules images_core burnin proto base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/server/flow/test_protected.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG)))
$(eval $(call unit_test,tests/unit/server/notify/test_webhook_post.c,server_notify server_flow base,$(BASE_PKG) libcurl libsystemd))
$(eval $(call unit_test,tests/unit/server/flow/test_outbound.c,server_flow base,$(BASE_PKG) libcurl))
$(eval $(call unit_test,tests/unit/server/test_config.c,server_roof server_boot server_flow pxe proto base,$(BASE_PKG) inih libcurl))
$(eval $(call unit_test,tests/unit/server/boot/test_dhcp_alone.c,pxe base,$(BASE_PKG),provisioner/server/boot/dhcp_alone.c))
$(eval $(call unit_test,tests/unit/server/boot/test_dhcp_alarm.c,$(SERVER_TEST_LIBS),$(SERVER_TEST_PKG),$(SERVER_BENCH)))
$(eval $(call unit_test,tests/unit/server/http/test_http.c,server_http base,$(BASE_PKG) libmicrohttpd libsystemd))

# the benchmark: `make bench-boot` (the boot answer with 10,000 hosts)
boot_bench_SRC := tests/bench/boot.c $(SERVER_BENCH)
ALL_OBJ += $(call objs,tests/bench/boot.c)
$(OBJ)/tests/bench/boot: $(call objs,$(boot_bench_SRC)) $(call lib,$(SERVER_TEST_LIBS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call objs,$(boot_bench_SRC)) -Wl,--start-group $(call lib,$(SERVER_TEST_LIBS)) -Wl,--end-group $(call pkg-libs,$(SERVER_TEST_PKG)) -lm
.PHONY: bench-boot
bench-boot: $(OBJ)/tests/bench/boot ## time the boot answer
	$(Q)mkdir -p $(BUILD)/bench
	$(Q)$(OBJ)/tests/bench/boot -o $(BUILD)/bench/boot.json
# the whole way of an agent's words: the HTTP seam is the fuzzer's own
$(eval $(call fuzzer,agent_events,server_session server_flow server_rules burnin inventory proto pxe images_store images_core base_confine base,$(SERVER_TEST_PKG) libseccomp fdisk blkid))
$(eval $(call fuzzer,profile,server_rules images_core burnin proto base,$(BASE_PKG)))
$(eval $(call man_page,provisioner/server/man/slipwayd.8.scd))
$(eval $(call man_page,provisioner/server/man/slipway.conf.5.scd))
FLOW_TESTS += tests/flow/api_contract.sh
