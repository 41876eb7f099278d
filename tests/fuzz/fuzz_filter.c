/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of the API: any keys and values become a statement that SQLite prepares, or an error.
 * Lines of the input are filters; whatever is accepted must be valid SQL, so that no text reaches
 * the statement. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/str.h>
#include <inventory/collection.h>

static struct db *open_store(void)
{
	static struct db *db;
	static char url[64];
	struct err err = ERR_INIT;

	if (db)
		return db;
	(void)snprintf(url, sizeof(url), "sqlite:/tmp/slipway-fuzz-filter-%d.db", (int)getpid());
	if (db_open(url, DB_CREATE, &db, &err) < 0) {
		fprintf(stderr, "fuzz_filter: %s\n", err.msg);
		abort();
	}
	static const char *const leftovers[] = {"", "-wal", "-shm", ".lock", ".made"};
	for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
		autofree char *path = xasprintf("%s%s", url + 7, leftovers[i]);
		(void)unlink(path); /* the open descriptors are enough */
	}
	return db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct query_request q = {.limit = 10, .total = true};
	struct query_page page;
	char *parts[16];
	size_t n = 0;

	if (size > 4096)
		return 0;
	autofree char *text = xstrndup((const char *)data, size);
	for (char *line = text; *line && n + 2 <= ARRAY_LEN(parts);) {
		size_t len = strcspn(line, "\n");
		bool more = line[len] == '\n';
		line[len] = '\0';
		char *eq = strchr(line, '=');
		if (eq)
			*eq = '\0';
		IGNORE_RESULT(query_add_filter(&q, line, eq ? eq + 1 : NULL, &err));
		parts[n++] = line;
		line += len + more;
	}
	(void)parts;
	int r = query_run(open_store(), &collection_hosts, &q, NULL, &page, &err);
	if (r == 0)
		query_page_done(&page);
	else if (r == -ERR_DB_SQL)
		abort();
	return 0;
}
