# inventory: hosts, parts, placements, SKUs, deliveries, history; SQLite and PostgreSQL.
inventory_SRC := inventory/store/open.c
inventory_SRC += inventory/store/db.c
inventory_SRC += inventory/store/transaction.c
inventory_SRC += inventory/store/sqlite_statement.c
inventory_SRC += inventory/store/migrate.c
inventory_SRC += inventory/store/upgrade_copy.c
inventory_SRC += inventory/store/sqlite.c
inventory_SRC += inventory/store/wipe.c
inventory_SRC += inventory/store/postgres.c
inventory_SRC += inventory/store/postgres_pipeline.c
inventory_SRC += inventory/store/postgres_link.c
inventory_SRC += inventory/store/restore.c
inventory_SRC += inventory/store/high_water.c
inventory_SRC += inventory/schema/migrations.c
inventory_SRC += inventory/schema/schema_0001.c
inventory_SRC += inventory/schema/schema_0002.c
inventory_SRC += inventory/schema/schema_0003.c
inventory_SRC += inventory/schema/schema_0004.c
inventory_SRC += inventory/schema/schema_0005.c
inventory_SRC += inventory/schema/schema_0006.c
inventory_SRC += inventory/schema/schema_0007.c
inventory_SRC += inventory/schema/schema_0008.c
inventory_SRC += inventory/schema/schema_0009.c
inventory_SRC += inventory/schema/schema_0010.c
inventory_SRC += inventory/schema/schema_0012.c
inventory_SRC += inventory/schema/schema_0013.c
inventory_SRC += inventory/schema/schema_0014.c
inventory_SRC += inventory/schema/schema_0015.c
inventory_SRC += inventory/schema/schema_0016.c
inventory_SRC += inventory/schema/schema_0017.c
inventory_SRC += inventory/schema/schema_0018.c
inventory_SRC += inventory/work/store_archive.c
inventory_SRC += inventory/work/archive_file.c
inventory_SRC += inventory/work/archive_horizon.c
inventory_SRC += inventory/work/archive_source.c
inventory_SRC += inventory/hosts/event_columns.c
inventory_SRC += inventory/expect/differences.c
inventory_SRC += inventory/expect/relayed_port.c
inventory_SRC += inventory/parts/facts_relayed.c
inventory_SRC += inventory/expect/differences_of_many.c
inventory_SRC += inventory/expect/upgrade.c
inventory_SRC += inventory/hosts/history.c
inventory_SRC += inventory/hosts/event.c
inventory_SRC += inventory/hosts/host.c
inventory_SRC += inventory/hosts/host_list.c
inventory_SRC += inventory/hosts/birth.c
inventory_SRC += inventory/hosts/seen_host.c
inventory_SRC += inventory/hosts/placeholder.c
inventory_SRC += inventory/hosts/identity_rules.c
inventory_SRC += inventory/hosts/identity.c
inventory_SRC += inventory/hosts/identity_decision.c
inventory_SRC += inventory/hosts/evidence_store.c
inventory_SRC += inventory/schema/schema_0101.c
inventory_SRC += inventory/schema/schema_0102.c
inventory_SRC += inventory/schema/schema_0103.c
inventory_SRC += inventory/schema/schema_0104.c
inventory_SRC += inventory/schema/schema_0105.c
inventory_SRC += inventory/schema/schema_0120.c
inventory_SRC += inventory/schema/schema_0121.c
inventory_SRC += inventory/schema/schema_0130.c
inventory_SRC += inventory/schema/schema_0131.c
inventory_SRC += inventory/schema/schema_0150.c
inventory_SRC += inventory/schema/schema_0151.c
inventory_SRC += inventory/schema/schema_0160.c
inventory_SRC += inventory/schema/schema_0152.c
inventory_SRC += inventory/schema/schema_0140.c
inventory_SRC += inventory/flow/flow_row.c
inventory_SRC += inventory/flow/session.c
inventory_SRC += inventory/flow/key.c
inventory_SRC += inventory/flow/arm.c
inventory_SRC += inventory/flow/order.c
inventory_SRC += inventory/flow/profile.c
inventory_SRC += inventory/parts/slot.c
inventory_SRC += inventory/parts/old_slots.c
inventory_SRC += inventory/parts/same_facts.c
inventory_SRC += inventory/parts/found_part.c
inventory_SRC += inventory/parts/brief.c
inventory_SRC += inventory/parts/place_parts.c
inventory_SRC += inventory/parts/facts.c
inventory_SRC += inventory/parts/facts_load.c
inventory_SRC += inventory/parts/version.c
inventory_SRC += inventory/parts/serial_rule.c
inventory_SRC += inventory/parts/part_row.c
inventory_SRC += inventory/parts/spare.c
inventory_SRC += inventory/query/collections.c
inventory_SRC += inventory/query/sql.c
inventory_SRC += inventory/query/sql_begin.c
inventory_SRC += inventory/query/filter.c
inventory_SRC += inventory/query/condition.c
inventory_SRC += inventory/query/fact_path.c
inventory_SRC += inventory/query/probe.c
inventory_SRC += inventory/query/order.c
inventory_SRC += inventory/query/row.c
inventory_SRC += inventory/query/select.c
inventory_SRC += inventory/query/summary.c
inventory_SRC += inventory/query/summary_field.c
inventory_SRC += inventory/query/summary_measures.c
inventory_SRC += inventory/query/summary_reliability.c
inventory_SRC += inventory/query/failure_rate.c
inventory_SRC += inventory/query/export.c
inventory_SRC += inventory/query/host_search.c
inventory_SRC += inventory/query/difference.c
inventory_SRC += inventory/expect/csv.c
inventory_SRC += inventory/expect/edit.c
inventory_SRC += inventory/expect/sku.c
inventory_SRC += inventory/expect/compare.c
inventory_SRC += inventory/expect/compare_parts.c
inventory_SRC += inventory/expect/port_name.c
inventory_SRC += inventory/expect/csv_columns.c
inventory_SRC += inventory/expect/custom.c
inventory_SRC += inventory/expect/custom_value.c
inventory_SRC += inventory/expect/entry.c
inventory_SRC += inventory/query/custom_field.c
inventory_SRC += inventory/query/custom_filter.c
inventory_SRC += inventory/query/space.c
inventory_SRC += inventory/expect/text_encoding.c
inventory_SRC += inventory/expect/spreadsheet.c
inventory_SRC += inventory/expect/delivery_cell.c
inventory_SRC += inventory/expect/delivery_row.c
inventory_SRC += inventory/expect/delivery_columns.c
inventory_SRC += inventory/expect/delivery_custom.c
inventory_SRC += inventory/expect/csv_cells.c
inventory_SRC += inventory/expect/delivery_twins.c
inventory_SRC += inventory/expect/delivery_owner.c
inventory_SRC += inventory/expect/delivery_write.c
inventory_SRC += inventory/expect/delivery.c
inventory_SRC += inventory/expect/location.c
inventory_SRC += inventory/access/token.c
inventory_SRC += inventory/access/account.c
inventory_SRC += inventory/access/account_session.c
inventory_SRC += inventory/access/audit.c
inventory_SRC += inventory/access/idempotency.c
inventory_SRC += inventory/work/run.c
inventory_SRC += inventory/work/measure.c
inventory_SRC += inventory/work/fault.c
inventory_SRC += inventory/work/receipt.c
inventory_SRC += inventory/query/forecast.c
inventory_SRC += inventory/query/pipeline.c
inventory_SRC += inventory/query/burn_report.c
inventory_SRC += inventory/work/webhook.c
inventory_SRC += inventory/work/webhook_queue.c
$(eval $(call library,inventory))

# what serials say, by vendor, as a C string
SERIAL_RULES_GEN := $(BUILD)/gen/inventory_serial_rules.inc
$(SERIAL_RULES_GEN): inventory/parts/serial_rules.json inventory/rules.mk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $< >$@.new
	$(Q)mv $@.new $@
$(OBJ)/inventory/parts/serial_rule.o: $(SERIAL_RULES_GEN)
INVENTORY_LIBS := inventory base
INVENTORY_PKG := sqlite3 libpq libzstd jansson libcrypto libcurl
INVENTORY_FIXTURE := tests/unit/inventory/store_fixture.c

$(eval $(call unit_test,tests/unit/inventory/test_db.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_store_faults.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),tests/harness/fault_vfs.c))
$(eval $(call unit_test,tests/unit/inventory/test_store_archive.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_odd_questions.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_rolling_upgrade.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_host.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_identity.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_facts.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_collection.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_questions.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_custom.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_plans.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_burn_report.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_reliability.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
FLOW_TESTS += tests/flow/api_reading.sh
FLOW_TESTS += tests/flow/delivery_forecast.sh
FLOW_TESTS += tests/flow/host_compare.sh
FLOW_TESTS += tests/flow/boot_beside_questions.sh
FLOW_TESTS += tests/flow/delivery_in_slices.sh

# the benchmarks: tests/bench/inventory.sh runs them at three sizes, inventory_peer.sh beside Ironic
inventory_bench_SRC := tests/bench/inventory_bench.c tests/bench/bench_report.c
inventory_http_SRC := tests/bench/inventory_http.c tests/bench/bench_report.c
http_load_SRC := tests/bench/http_load.c tests/bench/bench_report.c
ALL_OBJ += $(call objs,$(sort $(inventory_bench_SRC) $(inventory_http_SRC) $(http_load_SRC)))
$(OBJ)/tests/bench/inventory_bench: $(call objs,$(inventory_bench_SRC)) $(call lib,$(INVENTORY_LIBS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call objs,$(inventory_bench_SRC)) -Wl,--start-group $(call lib,$(INVENTORY_LIBS)) -Wl,--end-group $(call pkg-libs,$(INVENTORY_PKG)) -lm
$(OBJ)/tests/bench/inventory_http: $(call objs,$(inventory_http_SRC)) $(call lib,base)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call objs,$(inventory_http_SRC)) $(call lib,base) $(call pkg-libs,$(BASE_PKG))
$(OBJ)/tests/bench/http_load: $(call objs,$(http_load_SRC)) $(call lib,base)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call objs,$(http_load_SRC)) $(call lib,base) $(call pkg-libs,$(BASE_PKG))
.PHONY: bench-inventory
BENCH_INVENTORY := $(OBJ)/tests/bench/inventory_bench $(OBJ)/tests/bench/inventory_http $(OBJ)/tests/bench/http_load $(BIN)/slipwayd
bench-inventory: $(BENCH_INVENTORY) ## inventory queries against their goals, and beside Ironic's API
	$(Q)sh tests/setup/install.sh tests/setup/packages.txt tests/setup/bench-packages.txt
	$(Q)sh tests/bench/inventory.sh $(BUILD)
	$(Q)sh tests/bench/inventory_peer.sh $(BUILD)
$(eval $(call unit_test,tests/unit/inventory/test_expect.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_delivery.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_version.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_spare.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_serial_rule.c,$(INVENTORY_LIBS),$(INVENTORY_PKG)))
$(eval $(call unit_test,tests/unit/inventory/test_old_slots.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_port_name.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_account.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_access.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_forecast.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_webhook.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call unit_test,tests/unit/inventory/test_backup.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
$(eval $(call fuzzer,csv,$(INVENTORY_LIBS),$(INVENTORY_PKG)))
$(eval $(call fuzzer,cursor,$(INVENTORY_LIBS),$(INVENTORY_PKG)))
$(eval $(call fuzzer,filter,$(INVENTORY_LIBS),$(INVENTORY_PKG)))
FLOW_TESTS += tests/flow/inventory_postgres.sh
