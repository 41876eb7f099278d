/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row for each noun that the API keeps as a collection; see collections.h.
 */
#include "collections.h"

#include <base/cleanup.h>
#include <base/err.h>
#include <base/str.h>

#include "api.h"
#include "command.h"
#include "listing.h"
#include "page.h"

#define COLUMNS_MAX 20

static const struct collection_noun {
	const char *noun, *path;
	struct column columns[COLUMNS_MAX + 1];
} nouns[] = {
	{"host",
	 "/api/v1/hosts",
	 {{"HOST", "short_code", COLUMN_KEY},
	  {"NAME", "name", COLUMN_TEXT},
	  {"STATE", "state", COLUMN_KEY},
	  {"SINCE", "state_since", COLUMN_AGE},
	  {"PROGRESS", "progress", COLUMN_PROGRESS},
	  {"HEARD", "last_heard", COLUMN_AGE},
	  {"RACK", "rack", COLUMN_TEXT},
	  {"UNIT", "unit", COLUMN_TEXT},
	  {"TURN", "turn", COLUMN_TEXT},
	  {"SERIAL", "serial", COLUMN_TEXT},
	  {"ARCH", "arch", COLUMN_CSV_ONLY},
	  {"MODEL", "model", COLUMN_TEXT},
	  {"CORES", "cores", COLUMN_CSV_ONLY},
	  {"MEMORY MiB", "MemoryMiB", COLUMN_CSV_ONLY},
	  {"IMAGE", "image.version", COLUMN_TEXT},
	  {"TRUST", "image.trust", COLUMN_CSV_ONLY},
	  {"DETAIL", "state_detail", COLUMN_WRAPPED}}},
	{"part",
	 "/api/v1/parts",
	 {{"ID", "id", COLUMN_KEY},
	  {"TYPE", "type", COLUMN_TEXT},
	  {"MANUFACTURER", "Manufacturer", COLUMN_TEXT},
	  {"PART", "PartNumber", COLUMN_TEXT},
	  {"MODEL", "Model", COLUMN_TEXT},
	  {"SERIAL", "SerialNumber", COLUMN_KEY},
	  {"HOST", "host", COLUMN_KEY},
	  {"SLOT", "slot", COLUMN_TEXT}}},
	{"placement",
	 "/api/v1/placements",
	 {{"HOST", "host", COLUMN_KEY},
	  {"SLOT", "slot", COLUMN_TEXT},
	  {"TYPE", "type", COLUMN_TEXT},
	  {"PART", "fru_id", COLUMN_TEXT},
	  {"FROM", "from", COLUMN_TEXT},
	  {"UNTIL", "until", COLUMN_TEXT}}},
	{"sku",
	 "/api/v1/skus",
	 {{"NAME", "name", COLUMN_KEY},
	  {"VERSION", "version", COLUMN_TEXT},
	  {"NOTE", "note", COLUMN_WRAPPED},
	  {"CHANGED", "changed", COLUMN_WHEN}}},
	{"delivery",
	 "/api/v1/deliveries",
	 {{"NAME", "name", COLUMN_KEY},
	  {"VENDOR", "vendor", COLUMN_TEXT},
	  {"ORDER", "purchase_order", COLUMN_TEXT},
	  {"SITE", "site", COLUMN_TEXT},
	  {"HOSTS", "hosts", COLUMN_TEXT},
	  {"DUE", "due", COLUMN_WHEN}}},
	{"location",
	 "/api/v1/locations",
	 {{"SITE", "site", COLUMN_TEXT},
	  {"ROW", "row", COLUMN_TEXT},
	  {"RACK", "rack", COLUMN_TEXT},
	  {"UNIT", "unit", COLUMN_TEXT},
	  {"SWITCH", "switch.name", COLUMN_TEXT},
	  {"PORT", "switch.port", COLUMN_TEXT}}},
	{"fault",
	 "/api/v1/faults",
	 {{"ID", "id", COLUMN_KEY},
	  {"STATE", "state", COLUMN_KEY},
	  {"OPENED", "opened", COLUMN_WHEN},
	  {"RACK", "rack", COLUMN_TEXT},
	  {"UNIT", "unit", COLUMN_TEXT},
	  {"HOST", "host", COLUMN_KEY},
	  {"CODE", "code", COLUMN_TEXT},
	  {"SLOT", "slot", COLUMN_TEXT},
	  {"PART", "PartNumber", COLUMN_TEXT},
	  {"SERIAL", "SerialNumber", COLUMN_TEXT},
	  {"REPEAT", "repeat", COLUMN_TEXT},
	  {"RMA", "rma", COLUMN_TEXT},
	  {"SITE", "site", COLUMN_CSV_ONLY},
	  {"HOST SERIAL", "host_serial", COLUMN_CSV_ONLY},
	  {"ACTION", "action", COLUMN_WRAPPED}}},
	{"difference",
	 "/api/v1/differences",
	 {{"HOST", "host", COLUMN_KEY},
	  {"WHAT", "what", COLUMN_TEXT},
	  {"TYPE", "type", COLUMN_TEXT},
	  {"SLOT", "slot", COLUMN_KEY},
	  {"FIELD", "field", COLUMN_TEXT},
	  {"EXPECTED", "expected_value", COLUMN_WRAPPED},
	  {"FOUND", "found_value", COLUMN_WRAPPED},
	  {"PART", "PartNumber", COLUMN_TEXT},
	  {"RACK", "rack", COLUMN_TEXT},
	  {"UNIT", "unit", COLUMN_TEXT}}},
	{"run",
	 "/api/v1/runs",
	 {{"ID", "id", COLUMN_KEY},
	  {"HOST", "host", COLUMN_KEY},
	  {"TIER", "tier", COLUMN_TEXT},
	  {"STATE", "state", COLUMN_TEXT},
	  {"RESULT", "result", COLUMN_TEXT},
	  {"STARTED", "started", COLUMN_WHEN},
	  {"ENDED", "ended", COLUMN_WHEN}}},
	{"event",
	 "/api/v1/events",
	 {{"ID", "id", COLUMN_KEY},
	  {"AT", "at", COLUMN_KEY},
	  {"HOST", "host", COLUMN_KEY},
	  {"KIND", "kind", COLUMN_TEXT},
	  {"ACTOR", "actor", COLUMN_TEXT},
	  {"WHAT", "summary", COLUMN_WRAPPED}}},
	{"order",
	 "/api/v1/orders",
	 {{"ORDER", "id", COLUMN_KEY},
	  {"STATE", "state", COLUMN_KEY},
	  {"WORK", "work", COLUMN_TEXT},
	  {"HOSTS", "host_count", COLUMN_TEXT},
	  {"WHY", "second_person", COLUMN_TEXT},
	  {"ORDERED BY", "owner", COLUMN_TEXT},
	  {"EXPIRES", "expires", COLUMN_WHEN},
	  {"DECIDED BY", "decided_owner", COLUMN_TEXT},
	  {"REASON", "reason", COLUMN_WRAPPED}}},
	{"receipt",
	 "/api/v1/receipts",
	 {{"ID", "id", COLUMN_KEY},
	  {"AT", "at", COLUMN_KEY},
	  {"HOST", "host", COLUMN_KEY},
	  {"WORK", "work", COLUMN_TEXT},
	  {"DISK", "disk_serial", COLUMN_TEXT},
	  {"IMAGE", "image.line", COLUMN_TEXT},
	  {"VERSION", "image.version", COLUMN_TEXT},
	  {"SIGNED BY", "signature.key_sha256", COLUMN_TEXT}}},
};

static const struct collection_noun *current(void)
{
	for (size_t i = 0; i < ARRAY_LEN(nouns); i++)
		if (str_eq(nouns[i].noun, command_current()->noun))
			return &nouns[i];
	BUG_ON("a command's noun has no row in nouns[]");
	return nouns;
}

int collection_list(int argc, char **argv)
{
	const struct collection_noun *c = current();

	return listing_run(argc, argv, c->path, c->columns);
}

static int path_of(const char *word, const char *suffix, char **ret, struct err *err)
{
	autofree char *prefix = xasprintf("%s/", current()->path);

	(void)err;
	*ret = api_path(prefix, word, suffix);
	return 0;
}

int collection_show(int argc, char **argv)
{
	return page_show_of(argc, argv, path_of, "");
}
