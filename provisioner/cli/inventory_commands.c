/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway part, sku, delivery, location, fault, run, event, token, summary, writing: the rest of
 * the inventory on the command line.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "listing.h"

#define LIST(noun, path, ...)                                                                      \
	static const struct column noun##_columns[] = {__VA_ARGS__, {NULL, NULL}};                 \
	static int noun##_list(int argc, char **argv)                                              \
	{                                                                                          \
		return listing_run(argc, argv, path, noun##_columns);                              \
	}
#define SHOW(noun, path)                                                                           \
	static int noun##_show(int argc, char **argv)                                              \
	{                                                                                          \
		int json = listing_take_json(&argc, argv);                                         \
		if (argc != 2)                                                                     \
			return command_usage("one is wanted");                                     \
		autofree char *where = api_path(path "/", argv[1], "");                            \
		return listing_show(where, json);                                                  \
	}

LIST(part, "/api/v1/parts", {"ID", "id"}, {"TYPE", "type"}, {"MANUFACTURER", "Manufacturer"},
     {"PART", "PartNumber"}, {"MODEL", "Model"}, {"SERIAL", "SerialNumber"}, {"HOST", "host"},
     {"SLOT", "slot"})
LIST(placement, "/api/v1/placements", {"HOST", "host"}, {"SLOT", "slot"}, {"TYPE", "type"},
     {"PART", "fru_id"}, {"FROM", "from"}, {"UNTIL", "until"})
LIST(sku, "/api/v1/skus", {"NAME", "name"}, {"VERSION", "version"}, {"NOTE", "note"},
     {"CHANGED", "changed"})
SHOW(sku, "/api/v1/skus")
LIST(delivery, "/api/v1/deliveries", {"NAME", "name"}, {"VENDOR", "vendor"},
     {"ORDER", "purchase_order"}, {"SITE", "site"}, {"HOSTS", "hosts"}, {"DUE", "due"})
LIST(location, "/api/v1/locations", {"SITE", "site"}, {"ROW", "row"}, {"RACK", "rack"},
     {"UNIT", "unit"}, {"SWITCH", "switch.name"}, {"PORT", "switch.port"})
LIST(fault, "/api/v1/faults", {"ID", "id"}, {"STATE", "state"}, {"HOST", "host"}, {"CODE", "code"},
     {"SLOT", "slot"}, {"SERIAL", "SerialNumber"}, {"ACTION", "action"})
LIST(run, "/api/v1/runs", {"ID", "id"}, {"HOST", "host"}, {"TIER", "tier"}, {"STATE", "state"},
     {"RESULT", "result"}, {"STARTED", "started"}, {"ENDED", "ended"})
SHOW(delivery, "/api/v1/deliveries")
SHOW(fault, "/api/v1/faults")
SHOW(run, "/api/v1/runs")
LIST(event, "/api/v1/events", {"ID", "id"}, {"AT", "at"}, {"HOST", "host"}, {"KIND", "kind"},
     {"ACTOR", "actor"}, {"WHAT", "summary"})

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	return text ? text : "";
}

/* ---- a part's page --------------------------------------------------------------------------- */

static const struct column places_columns[] = {
	{"HOST", "host"}, {"SLOT", "slot"}, {"FROM", "from"}, {"UNTIL", "until"}, {NULL, NULL}};

/* The part, and every host and slot that it was in. */
static int part_show(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one is wanted");
	autofree char *where = api_path("/api/v1/parts/", argv[1], "");
	autofree char *places = api_path("/api/v1/parts/", argv[1], "/placements");
	int status = listing_show(where, json);
	if (status != EXIT_WELL || json)
		return status;
	if (api_get(places, &doc, &err) < 0)
		return command_fail(&err);
	printf("\n");
	listing_print_table(json_object_get(doc, "items"), places_columns);
	return EXIT_WELL;
}

/* ---- events as they come --------------------------------------------------------------------- */

static void print_event(const json_t *e)
{
	autostr struct str line;
	str_init(&line, 8192);
	str_addf(&line, "%-27s %-8s %-20s ", text_of(e, "at"), text_of(e, "host"),
		 text_of(e, "kind"));
	str_add_printable(&line, text_of(e, "summary"));
	printf("%s\n", line.p);
}

static int event_follow(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int json = listing_take_json(&argc, argv);
	if (argc != 1)
		return command_usage("no argument is wanted");
	int64_t since = 0;
	for (bool first = true;; first = false) {
		AUTO(json) json_t *doc = NULL;
		size_t i;
		json_t *e;
		autofree char *path = xasprintf("/api/v1/changes?since=%lld&wait=%d&limit=1000",
						(long long)since, first ? 0 : 30);
		if (api_get(path, &doc, &err) < 0)
			return command_fail(&err);
		json_t *items = json_object_get(doc, "items");
		json_array_foreach (items, i, e) {
			autofree char *text = json ? json_text(e) : NULL;
			if (json)
				printf("%s\n", text);
			else
				print_event(e);
		}
		(void)fflush(stdout);
		since = json_integer_value(json_object_get(doc, "next"));
	}
}

/* ---- SKUs, deliveries, faults ---------------------------------------------------------------- */

static int sku_learn(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	if (argc != 3)
		return command_usage("a host and a name are wanted");
	autofree char *path = api_path("/api/v1/hosts/", argv[1], "/learn-sku");
	if (api_send("POST", path, json_pack("{s:s}", "name", argv[2]), &doc, &err) < 0)
		return command_fail(&err);
	printf("SKU %s, version %lld\n", argv[2],
	       (long long)json_integer_value(json_object_get(doc, "version")));
	return EXIT_WELL;
}

/* Rack units are numbers, everything else is text. */
static int location_set(int argc, char **argv)
{
	struct err err = ERR_INIT;
	json_t *body = json_object();
	for (int i = 1; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		int64_t n = 0;
		if (!eq) {
			json_decref(body);
			return command_usage("'%s' is not NAME=VALUE", argv[i]);
		}
		autofree char *key = xstrndup(argv[i], (size_t)(eq - argv[i]));
		bool number = str_eq(key, "unit") && parse_i64(eq + 1, &n);
		(void)json_object_set_new(body, key,
					  number ? json_integer(n) : json_string(eq + 1));
	}
	if (api_send("POST", "/api/v1/locations", body, NULL, &err) < 0)
		return command_fail(&err);
	printf("written\n");
	return EXIT_WELL;
}

static int print_results(const json_t *doc)
{
	size_t i;
	json_t *row;
	printf("%lld accepted, %lld refused%s\n",
	       (long long)json_integer_value(json_object_get(doc, "accepted")),
	       (long long)json_integer_value(json_object_get(doc, "refused")),
	       json_is_true(json_object_get(doc, "dry_run")) ? " (dry run: nothing was kept)" : "");
	json_array_foreach (json_object_get(doc, "results"), i, row)
		if (json_integer_value(json_object_get(row, "status")) != 200) {
			autostr struct str why;
			str_init(&why, 2048);
			str_add_printable(&why, text_of(row, "detail"));
			printf("row %lld: %s [%s]\n",
			       (long long)json_integer_value(json_object_get(row, "line")), why.p,
			       text_of(row, "code"));
		}
	return json_integer_value(json_object_get(doc, "refused")) ? EXIT_CONFLICT : EXIT_WELL;
}

static bool is_json(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text == '{' || *text == '[';
}

/* A list of hosts, or an object that holds one as "hosts": what the words say of the delivery goes
 * in beside it. NULL and *err when it is neither. The caller frees. */
static char *delivery_from_json(int argc, char **argv, const char *text, size_t n, struct err *err)
{
	AUTO(json) json_t *doc = NULL;
	if (json_load_strict(text, n, 8 * MIB, &doc, err) < 0)
		return NULL;
	if (json_is_array(doc)) {
		json_t *hosts = take_ptr(doc);
		doc = json_pack("{s:o}", "hosts", hosts);
	}
	(void)json_object_set_new(doc, "name", json_string(argv[2]));
	for (int i = 3; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		autofree char *key = eq ? xstrndup(argv[i], (size_t)(eq - argv[i])) : NULL;
		if (key)
			(void)json_object_set_new(doc, key, json_string(eq + 1));
	}
	return json_text(doc);
}

static int delivery_import(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *text = NULL;
	size_t n = 0;
	autostr struct str path;
	struct http_reply reply = {0};
	bool dry_run = false;
	str_init(&path, LIMIT_URL_BYTES);
	if (argc < 3)
		return command_usage("a CSV or JSON file and a name are wanted");
	str_add(&path, "/api/v1/deliveries?name=");
	str_add_url(&path, argv[2]);
	for (int i = 3; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		if (strcmp(argv[i], "--dry-run") == 0) {
			str_add(&path, "&dry_run=true");
			dry_run = true;
			continue;
		}
		if (!eq)
			return command_usage("'%s' is not NAME=VALUE", argv[i]);
		str_addf(&path, "&%.*s=", (int)(eq - argv[i]), argv[i]);
		str_add_url(&path, eq + 1);
	}
	struct http_call call = {.method = "POST", .path = path.p, .content_type = "text/csv"};
	if (file_read(argv[1], 8 * MIB, &text, &n, &err) < 0)
		return command_fail(&err);
	if (is_json(text)) {
		char *whole = delivery_from_json(argc, argv, text, n, &err);
		if (!whole)
			return command_fail(&err);
		free(text);
		text = whole;
		n = strlen(text);
		call.content_type = "application/json";
		call.path = dry_run ? "/api/v1/deliveries?dry_run=true" : "/api/v1/deliveries";
	}
	call.body = text;
	call.body_bytes = n;
	int r = api_call(&call, &reply, &err);
	AUTO(json) json_t *doc = r >= 0 ? json_loads(reply.body, 0, NULL) : NULL;
	http_reply_done(&reply);
	return r < 0 ? command_fail(&err) : print_results(doc);
}

/* ---- when it is ready ------------------------------------------------------------------------ */

static long long count_of(const json_t *j, const char *key)
{
	return (long long)json_integer_value(json_object_get(j, key));
}

static double seconds_of(const json_t *took, const char *key)
{
	return json_number_value(json_object_get(took, key));
}

static void print_stages(const json_t *doc)
{
	size_t i;
	json_t *stage;
	printf("%-12s %7s  %s\n", "STATE", "HOSTS",
	       "TOOK 10 % / 50 % / 90 % OF PAST HOSTS, SECONDS");
	json_array_foreach (json_object_get(doc, "stages"), i, stage) {
		const json_t *took = json_object_get(stage, "took_s");
		printf("%-12s %7lld", text_of(stage, "state"), count_of(stage, "hosts"));
		if (took)
			printf("  %.0f / %.0f / %.0f", seconds_of(took, "p10"),
			       seconds_of(took, "p50"), seconds_of(took, "p90"));
		printf("\n");
	}
}

static const char *edge_of(const json_t *forecast, const char *band, size_t which)
{
	const char *text = json_string_value(
		json_array_get(json_object_get(forecast, band), which));
	return text ? text : "";
}

static void print_forecast(const json_t *doc)
{
	const json_t *f = json_object_get(doc, "forecast"),
		     *none = json_object_get(f, "not_covered");
	printf("\n%lld of %lld are ready\n", count_of(doc, "ready"), count_of(doc, "hosts"));
	if (json_is_true(json_object_get(f, "known")))
		printf("%lld on their way: all ready at %s\n  50 %%: %s to %s\n  90 %%: %s to %s\n",
		       count_of(f, "hosts"), text_of(f, "ready_at"), edge_of(f, "band_50", 0),
		       edge_of(f, "band_50", 1), edge_of(f, "band_90", 0),
		       edge_of(f, "band_90", 1));
	else
		printf("when the rest is ready is unknown: %s\n", text_of(f, "why"));
	printf("not foreseen: %lld expected, %lld stopped, %lld without history, %lld slower than "
	       "all history\n",
	       count_of(none, "expected"), count_of(none, "stopped"), count_of(none, "no_history"),
	       count_of(none, "beyond_history"));
}

static int delivery_forecast(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc > 2)
		return command_usage("at most one delivery is wanted");
	autofree char *path = argc == 2 ? api_path("/api/v1/deliveries/", argv[1], "/pipeline")
					: xstrdup("/api/v1/pipeline");
	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	print_stages(doc);
	print_forecast(doc);
	return EXIT_WELL;
}

static int fault_close(int argc, char **argv)
{
	struct err err = ERR_INIT;
	if (argc < 2 || argc > 3)
		return command_usage("a fault and perhaps a note are wanted");
	autofree char *path = api_path("/api/v1/faults/", argv[1], "/close");
	json_t *body = json_object();
	if (argc == 3)
		(void)json_object_set_new(body, "note", json_string(argv[2]));
	if (api_send("POST", path, body, NULL, &err) < 0)
		return command_fail(&err);
	printf("closed\n");
	return EXIT_WELL;
}

/* ---- tokens, sums, the brake ----------------------------------------------------------------- */

static int token_list(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	static const struct column columns[] = {{"ID", "id"},           {"NAME", "name"},
						{"OWNER", "owner"},     {"SCOPE", "scopes"},
						{"EXPIRES", "expires"}, {"LAST USED", "last_used"},
						{"REVOKED", "revoked"}, {NULL, NULL}};
	int json = listing_take_json(&argc, argv);
	if (api_get("/api/v1/tokens", &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		listing_print_table(json_object_get(doc, "items"), columns);
	return EXIT_WELL;
}

static int token_create(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	json_t *scopes = json_array();
	const char *owner = "";
	for (int i = 2; i < argc; i++)
		if (str_starts(argv[i], "owner="))
			owner = strchr(argv[i], '=') + 1;
		else
			(void)json_array_append_new(scopes, json_string(argv[i]));
	if (json_array_size(scopes) == 0) {
		json_decref(scopes);
		return command_usage("a name and scopes are wanted");
	}
	if (api_send(
		    "POST", "/api/v1/tokens",
		    json_pack("{s:s, s:s, s:o}", "name", argv[1], "owner", owner, "scopes", scopes),
		    &doc, &err) < 0)
		return command_fail(&err);
	printf("%s\n", text_of(doc, "token"));
	fprintf(stderr, "valid until %s; it is not shown again\n", text_of(doc, "expires"));
	return EXIT_WELL;
}

static int token_revoke(int argc, char **argv)
{
	struct err err = ERR_INIT;
	if (argc != 2)
		return command_usage("the id of a token is wanted");
	autofree char *path = api_path("/api/v1/tokens/", argv[1], "");
	if (api_send("DELETE", path, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("revoked\n");
	return EXIT_WELL;
}

#define SUM_COLUMNS_MAX 16

/* The columns of a list of fields, each a member of `inside`. texts: theirs, the caller frees. */
static size_t add_columns(const char *fields, const char *inside, struct column *columns, size_t n,
			  char **texts)
{
	struct sv rest = sv_of(fields ? fields : "");
	while (rest.n > 0 && n < SUM_COLUMNS_MAX - 6) {
		struct sv one = sv_split(&rest, ',');
		texts[n] = xasprintf("%s%.*s", inside, (int)one.n, one.p);
		columns[n] = (struct column){texts[n] + strlen(inside), texts[n]};
		n++;
	}
	return n;
}

/* A row a group, and the whole below. */
static int print_sums(const char *path, const char *groups, const char *sums)
{
	static const struct column counts[] = {{"delivered", "capacity.delivered"},
					       {"healthy", "capacity.healthy"},
					       {"reserved", "capacity.reserved"},
					       {"active", "capacity.active"}};
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	struct column columns[SUM_COLUMNS_MAX + 1] = {{NULL, NULL}};
	char *texts[SUM_COLUMNS_MAX] = {NULL};
	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	json_t *items = json_object_get(doc, "items"), *total = json_object_get(doc, "total");
	size_t n = add_columns(groups, "", columns, 0, texts);
	columns[n++] = (struct column){"count", "count"};
	n = add_columns(sums, "sum.", columns, n, texts);
	json_t *capacity = json_object_get(doc, "capacity");
	for (size_t i = 0; capacity && i < ARRAY_LEN(counts); i++)
		columns[n++] = counts[i];
	if (capacity)
		(void)json_object_set(total, "capacity", capacity);
	(void)json_object_set_new(total, columns[0].member, json_string("(all)"));
	(void)json_array_append(items, total);
	listing_print_table(items, columns);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	return EXIT_WELL;
}

static int summary_show(int argc, char **argv)
{
	const char *groups = NULL, *sums = NULL;
	autostr struct str path;
	int json = listing_take_json(&argc, argv);
	str_init(&path, LIMIT_URL_BYTES);
	str_add(&path, "/api/v1/summary");
	for (int i = 1; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		str_addc(&path, i == 1 ? '?' : '&');
		autofree char *name = xstrndup(argv[i],
					       eq ? (size_t)(eq - argv[i]) : strlen(argv[i]));
		str_add_url(&path, name);
		str_addc(&path, '=');
		str_add_url(&path, eq ? eq + 1 : "");
		if (eq && str_eq(name, "group_by"))
			groups = eq + 1;
		if (eq && str_eq(name, "sum"))
			sums = eq + 1;
	}
	if (json || !groups)
		return listing_show(path.p, json);
	return print_sums(path.p, groups, sums);
}

static int writing(int argc, char **argv)
{
	struct err err = ERR_INIT;
	bool stop = strcmp(argv[0], "stop") == 0;
	json_t *body = stop && argc == 2 ? json_pack("{s:s}", "reason", argv[1]) : NULL;
	if (argc > 2)
		return command_usage("at most a reason is wanted");
	if (api_send(stop ? "POST" : "DELETE", "/api/v1/stop-all", body, NULL, &err) < 0)
		return command_fail(&err);
	printf(stop ? "all writing is stopped\n" : "writing goes on\n");
	return EXIT_WELL;
}

static int backup_make(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	(void)argv;
	if (argc != 1)
		return command_usage("no argument is wanted");
	if (api_send("POST", "/api/v1/backups", json_object(), &doc, &err) < 0)
		return command_fail(&err);
	printf("%s\n", text_of(doc, "path"));
	return EXIT_WELL;
}

const struct command inventory_commands[] = {
	{"part", "list", LISTING_ARGUMENTS, "list parts, in hosts and out of them", part_list},
	{"part", "show", "[--json] ID", "one part", part_show},
	{"placement", "list", LISTING_ARGUMENTS,
	 "which part is in which slot; history=true: and was", placement_list},
	{"sku", "list", LISTING_ARGUMENTS, "list SKUs", sku_list},
	{"sku", "show", "[--json] NAME", "what a host of this kind must hold", sku_show},
	{"sku", "learn", "HOST NAME", "write a SKU from a good host", sku_learn},
	{"delivery", "list", LISTING_ARGUMENTS, "list deliveries", delivery_list},
	{"delivery", "show", "[--json] NAME", "one delivery", delivery_show},
	{"delivery", "import",
	 "FILE.csv|FILE.json NAME [--dry-run] [vendor=V] [purchase_order=P] [site=S] [due=TIME]",
	 "announce the hosts of a vendor's list", delivery_import},
	{"delivery", "forecast", "[--json] [NAME]",
	 "stages, times to ready from history, and when the rest is ready", delivery_forecast},
	{"location", "list", LISTING_ARGUMENTS, "list rack units", location_list},
	{"location", "set", "rack=R unit=N [site=S] [row=R] [switch=NAME] [port=PORT] [note=TEXT]",
	 "say which switch port belongs to a rack unit", location_set},
	{"fault", "list", LISTING_ARGUMENTS, "list repair orders", fault_list},
	{"fault", "show", "[--json] ID", "one repair order", fault_show},
	{"fault", "close", "ID [NOTE]", "a fault is repaired", fault_close},
	{"run", "list", LISTING_ARGUMENTS, "list burn-in runs", run_list},
	{"run", "show", "[--json] ID", "one burn-in run", run_show},
	{"event", "list", LISTING_ARGUMENTS, "what happened, oldest first", event_list},
	{"event", "follow", "[--json]", "print events as they happen", event_follow},
	{"token", "list", "[--json]", "list API tokens", token_list},
	{"token", "create", "NAME SCOPE... [owner=PERSON]",
	 "make an API token, perhaps a person's; it is printed once", token_create},
	{"token", "revoke", "ID", "make a token useless", token_revoke},
	{"summary", "show", "[--json] [group_by=FIELDS] [sum=FIELDS] [capacity=true] [FILTER]...",
	 "counts and sums of hosts", summary_show},
	{"backup", "make", "", "copy the store; restore with 'slipwayd --restore FILE'",
	 backup_make},
	{"writing", "stop", "[REASON]", "stop all writing to disks, at once", writing},
	{"writing", "resume", "", "let writing go on", writing},
	{NULL, NULL, NULL, NULL, NULL},
};
