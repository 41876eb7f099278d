# inventory: hosts, parts, placements, SKUs, deliveries, history; SQLite and PostgreSQL.
inventory_SRC := inventory/store/db.c
inventory_SRC += inventory/store/migrate.c
inventory_SRC += inventory/store/sqlite.c
inventory_SRC += inventory/store/postgres.c
inventory_SRC += inventory/schema/migrations.c
inventory_SRC += inventory/schema/schema_0001.c
$(eval $(call library,inventory))
INVENTORY_LIBS := inventory base
INVENTORY_PKG := sqlite3 libpq libzstd jansson libcrypto libcurl
INVENTORY_FIXTURE := tests/unit/inventory/store_fixture.c

$(eval $(call unit_test,tests/unit/inventory/test_db.c,$(INVENTORY_LIBS),$(INVENTORY_PKG),$(INVENTORY_FIXTURE)))
