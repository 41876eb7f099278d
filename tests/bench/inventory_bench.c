/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Benchmark of the inventory: makes a seeded, realistic fleet (40 parts a host) through the same
 * calls that the daemon uses, then measures what issue "inventory" promises. Prints a table and
 * writes the list of results as JSON. In process; inventory_http.c is the same over HTTP. usage:
 * inventory_bench STORE-URL HOSTS RESULT.json
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/facts.h>
#include <inventory/identity.h>
#include "bench_report.h"

#define DIMMS        24
#define DRIVES       8
#define NICS         4
#define SAMPLES      400
#define EVENTS_HOSTS 10000 /* the size at which a million events are added */
#define GROUP        50    /* hosts of a commit while the fleet is made */

static struct err err;

static void must(int r)
{
	if (r >= 0)
		return;
	fprintf(stderr, "inventory_bench: %s [%s]\n", err.msg, err_name(err.code));
	exit(1);
}

/* splitmix64: the same fleet for the same seed */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* ---- the fleet ------------------------------------------------------------------------------- */

static char *mac_of(long host, int port)
{
	unsigned long h = (unsigned long)host + 64; /* an OUI and zeros is not a card's own */

	return xasprintf("b8:59:9f:%02lx:%02lx:%02lx", h >> 14 & 255, h >> 6 & 255,
			 (h & 63) * 4 + (unsigned long)port);
}

static json_t *list_of_dimms(long host, uint64_t *rnd, int size)
{
	static const char *const makers[] = {"Samsung", "Micron", "SK Hynix"};
	const char *maker = makers[next_random(rnd) % 3];
	json_t *list = json_array();

	for (int i = 0; i < DIMMS; i++) {
		autofree char *slot = xasprintf("P%d_%c%d", i / 12 + 1, 'A' + i % 12, 1);
		autofree char *serial = xasprintf("D%07ld%02d", host, i);
		(void)json_array_append_new(
			list, json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:i}", "DeviceLocator",
					slot, "CapacityMiB", size, "Manufacturer", maker,
					"PartNumber", "M321R4GA3BB6", "SerialNumber", serial,
					"MemoryDeviceType", "DDR5", "OperatingSpeedMhz", 4800));
	}
	return list;
}

static json_t *list_of_drives(long host)
{
	json_t *list = json_array();

	for (int i = 0; i < DRIVES; i++) {
		autofree char *name = xasprintf("nvme%dn1", i);
		autofree char *serial = xasprintf("S64GNE0R%06ld%d", host, i);
		autofree char *wwn = xasprintf("eui.36344730%08ld%02d", host, i);
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "Name",
					name, "WWN", wwn, "SerialNumber", serial, "Model",
					"MZQL23T8HCLS", "Manufacturer", "Samsung", "Revision",
					"GDC5602Q", "CapacityBytes", (json_int_t)3840755982336,
					"Protocol", "NVMe", "MediaType", "SSD"));
	}
	return list;
}

static json_t *list_of_nics(long host)
{
	json_t *list = json_array();

	for (int i = 0; i < NICS; i++) {
		autofree char *name = xasprintf("eth%d", i);
		autofree char *mac = mac_of(host, i);
		autofree char *pci = xasprintf("0000:%02d:00.%d", 16 + i / 2, i % 2);
		autofree char *sw = xasprintf("sw%ld", host / 40);
		autofree char *port = xasprintf("Eth1/%ld", host % 40 + 1);
		json_t *j = json_pack("{s:s, s:s, s:s, s:i, s:b, s:s}", "Name", name,
				      "PermanentMACAddress", mac, "Driver", "mlx5_core",
				      "SpeedMbps", 25000, "LinkUp", i < 2, "PciAddress", pci);
		if (i == 0)
			(void)json_object_set_new(
				j, "lldp", json_pack("{s:s, s:s}", "SysName", sw, "PortId", port));
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *facts_of(long host, const char *serial)
{
	uint64_t rnd = (uint64_t)host * 2 + 1;
	static const int sizes[] = {16384, 32768, 65536};
	static const char *const models[] = {"R7525", "DL385", "SR665", "E283"};
	int size = sizes[next_random(&rnd) % 3];
	const char *model = models[next_random(&rnd) % 4];
	json_t *cpus = json_array();

	for (int i = 0; i < 2; i++) {
		autofree char *socket = xasprintf("CPU%d", i);
		(void)json_array_append_new(cpus, json_pack("{s:s, s:s, s:s, s:i, s:i}", "Socket",
							    socket, "Manufacturer", "AMD", "Model",
							    "AMD EPYC 9354 32-Core Processor",
							    "TotalCores", 32, "TotalThreads", 64));
	}
	return json_pack(
		"{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s}, s:{s:s}, s:o, s:{s:i, s:o}, s:o, s:o}",
		"system", "Manufacturer", "Acme", "Model", model, "SerialNumber", serial,
		"BiosVersion", host % 7 ? "2.14.1" : "2.13.0", "board", "Manufacturer", "Acme",
		"Model", model, "boot", "arch", host % 10 < 3 ? "aarch64" : "x86_64", "processors",
		cpus, "memory", "TotalMiB", size * DIMMS, "modules",
		list_of_dimms(host, &rnd, size), "drives", list_of_drives(host), "nics",
		list_of_nics(host));
}

static void make_host(struct db *db, long host, int64_t now_us)
{
	static const char *const states[] = {"ready",      "ready",   "ready",   "in-service",
					     "in-service", "testing", "imaging", "failed",
					     "discovered", "ready"};
	static const char *const sites[] = {"fra", "muc", "ams"};
	autofree char *serial = xasprintf("SN%08ld", host);
	autofree char *mac = mac_of(host, 0);
	const char *macs[] = {mac};
	struct host_evidence e = {.system_serial = serial, .macs = macs, .n_macs = 1};
	struct host_birth birth = {.state = states[host % 10], .actor = "bench"};
	struct identity who;

	must(identity_resolve(db, &e, &birth, now_us, &who, &err));
	autofree char *sku = xasprintf("sku-%ld", host % 7);
	autofree char *rack = xasprintf("r%03ld", host / 40);
	must(db_exec(
		db, &err,
		"UPDATE host SET sku = $2, site = $3, rack = $4, rack_unit = $5 WHERE num = $1",
		p_int(who.host_num), p_text(sku), p_text(sites[host / 4000 % 3]), p_text(rack),
		p_int(host % 40 + 1)));
	autojson json_t *doc = facts_of(host, serial);
	must(facts_store(db, who.host_num, doc, now_us + 1, NULL, &err));
}

static void make_fleet(struct db *db, long hosts)
{
	int64_t have = 0;

	must(db_query_int(db, &err, &have, 0, "SELECT count(*) FROM host"));
	double begin = bench_now_s();
	for (long host = have; host < hosts;) {
		must(db_begin(db, &err));
		for (int i = 0; i < GROUP && host < hosts; i++, host++)
			make_host(db, host, 1760000000000000 + host * 1000);
		must(db_commit(db, &err));
		if (host == GROUP || host == 20 * GROUP || host == 200 * GROUP)
			must(db_sample(db, &err)); /* PostgreSQL would within a minute */
	}
	if (have < hosts)
		printf("fleet: %ld hosts in %.1f s\n", hosts - have, bench_now_s() - begin);
	begin = bench_now_s();
	must(db_sample(db, &err));
	bench_note("sampling the tables, as the daemon or PostgreSQL does", "ms",
		   (bench_now_s() - begin) * 1000);
}

/* ---- measuring ------------------------------------------------------------------------------- */

typedef void (*sample)(struct db *db, long i, long hosts);

/* goal_ms 0: none, the figure is noted */
static void measure(struct db *db, long hosts, const char *name, sample run, int n, double goal_ms)
{
	autofree double *ms = xmalloc((size_t)n * sizeof(double));
	autofree double *cpu_ms = xmalloc((size_t)n * sizeof(double));

	for (int i = 0; i < n; i++) {
		double begin = bench_now_s(), cpu = bench_cpu_s();
		run(db, i, hosts);
		cpu_ms[i] = (bench_cpu_s() - cpu) * 1000;
		ms[i] = (bench_now_s() - begin) * 1000;
	}
	bench_quantiles(name, ms, n, goal_ms);
	bench_cpu_note(name, cpu_ms, n);
}

static void page(struct db *db, const char *const *filters, const char *sort, long limit)
{
	struct query_request q = {.limit = limit, .sort = sort};
	struct query_page p;

	for (; *filters; filters += 2)
		must(query_add_filter(&q, filters[0], filters[1], &err));
	must(query_run(db, &collection_hosts, &q, NULL, &p, &err));
	if (p.n == 0) {
		fprintf(stderr, "inventory_bench: an answer is empty\n");
		exit(1);
	}
	query_page_done(&p);
}

static void list_two_filters(struct db *db, long i, long hosts)
{
	static const char *const sorts[] = {"serial", "-MemoryMiB", "state_since", "name",
					    "-changed"};
	static const char *const states[] = {"ready", "in-service", "failed", "ready,failed"};
	static const char *const skus[] = {"sku-0", "sku-1", "sku-2", "sku-3"};
	const char *const filters[] = {"state", states[i % 4], i % 2 ? "arch" : "sku",
				       i % 2 ? "x86_64" : skus[i % 4], NULL};

	(void)hosts;
	page(db, filters, sorts[i % 5], 100);
}

static void one_host(struct db *db, enum host_key by, const char *key)
{
	struct host h;
	struct query_request q = {.limit = 1};
	struct query_page p;

	must(host_find(db, by, key, &h, &err));
	must(query_add_filter(&q, "id", h.id, &err));
	must(query_run(db, &collection_hosts, &q, NULL, &p, &err));
	query_page_done(&p);
}

static void host_by_serial(struct db *db, long i, long hosts)
{
	autofree char *serial = xasprintf("SN%08ld", i * 7919 % hosts);

	one_host(db, HOST_BY_SERIAL, serial);
}

static void host_by_mac(struct db *db, long i, long hosts)
{
	long host = i * 7919 % hosts;
	autofree char *mac = mac_of(host, 0);

	one_host(db, HOST_BY_MAC, mac);
}

/* ---- a long past ----------------------------------------------------------------------------- */

#define EVENTS       1000000
#define EVENT_STEP_S 20 /* between events: eight months for the million */

static void make_events(struct db *db, long hosts)
{
	int64_t have = 0;

	must(db_query_int(db, &err, &have, 0, "SELECT count(*) FROM event"));
	if (have >= EVENTS)
		return;
	must(db_begin(db, &err));
	must(db_exec(
		db, &err,
		"WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n "
		"WHERE i < 1000000) INSERT INTO event (id, at_us, host_num, kind, actor, summary) "
		"SELECT c.last_id + i, c.last_us + i * $2, 1 + (i * 7919) % $1, CASE i % 1000 WHEN "
		"0 THEN 'fault.opened' ELSE CASE i % 4 WHEN 0 THEN 'host.state' WHEN 1 THEN "
		"'agent.log' WHEN 2 THEN 'facts.changed' ELSE 'image.written' END END, "
		"'agent', 'what happened to the host, in a sentence' FROM n, fleet_clock c",
		p_int(hosts), p_int(EVENT_STEP_S * 1000000LL)));
	must(db_exec(db, &err,
		     "UPDATE fleet_clock SET last_id = last_id + 1000000, last_us = last_us + "
		     "1000000 * CAST($1 AS BIGINT)",
		     p_int(EVENT_STEP_S * 1000000LL)));
	must(db_commit(db, &err));
	must(db_sample(db, &err));
}

static void events(struct db *db, long i, long hosts)
{
	static const char *const kinds[] = {"host.state", "fault.opened", "agent.log"};
	struct query_request q = {.limit = 100, .sort = i % 2 ? "-id" : NULL};
	struct query_page p;
	char from[TIME_TEXT_BYTES];
	autofree char *serial = xasprintf("SN%08ld", i * 7919 % hosts);
	struct host h;
	int64_t id = 0, last_us = 0;

	must(db_last_tick(db, &id, &last_us, &err));
	time_rfc3339(last_us - (i * 7919 % EVENTS) * EVENT_STEP_S * 1000000LL, from);
	must(host_find(db, HOST_BY_SERIAL, serial, &h, &err));
	if (i % 3 == 0)
		must(query_add_filter(&q, "host_id", h.id, &err));
	else
		must(query_add_filter(&q, "at>", from, &err));
	if (i % 3 == 2)
		must(query_add_filter(&q, "kind", kinds[i % 9 / 3], &err));
	must(query_run(db, &collection_events, &q, NULL, &p, &err));
	query_page_done(&p);
}

static void summary(struct db *db, long i, long hosts)
{
	struct query_request q = {0};
	autofree char *text = NULL;

	(void)i;
	(void)hosts;
	struct summary_request what = {.group_by = "sku,state",
				       .sum = "cores,MemoryMiB,StorageBytes"};
	must(query_summary(db, &collection_hosts, &q, &what, &text, &err));
}

/* ---- what no index finds --------------------------------------------------------------------- */

/* Substrings: whole tables are read, by a reader process, not by the daemon. */
static void search(struct db *db, const struct collection *of, const char *word)
{
	struct query_request q = {.limit = 100, .search = word};
	struct query_page p;

	must(query_run(db, of, &q, NULL, &p, &err));
	if (p.n == 0) {
		fprintf(stderr, "inventory_bench: '%s' was not found\n", word);
		exit(1);
	}
	query_page_done(&p);
}

static void search_hosts(struct db *db, long i, long hosts)
{
	autofree char *word = xasprintf("%07ld", i * 7919 % hosts);

	search(db, &collection_hosts, word);
}

static void search_parts(struct db *db, long i, long hosts)
{
	autofree char *word = xasprintf("NE0R%06ld", i * 7919 % hosts);

	search(db, &collection_parts, word);
}

/* A moment when half of the fleet was there; since then every host has changed. */
static int64_t some_moment(long hosts)
{
	return 1760000000000000 + hosts * 500;
}

static void list_in_the_past(struct db *db, long i, long hosts)
{
	static const char *const skus[] = {"sku-0", "sku-1", "sku-2", "sku-3"};
	struct query_request q = {.limit = 100, .sort = "serial", .at_us = some_moment(hosts)};
	struct query_page p;

	must(query_add_filter(&q, "state", "ready", &err));
	must(query_add_filter(&q, "sku", skus[i % 4], &err));
	must(query_run(db, &collection_hosts, &q, NULL, &p, &err));
	query_page_done(&p);
}

static void host_in_the_past(struct db *db, long i, long hosts)
{
	struct query_request q = {.limit = 1, .at_us = some_moment(hosts)};
	struct query_page p;
	autofree char *serial = xasprintf("SN%08ld", i * 7919 % (hosts / 2));

	must(query_add_filter(&q, "serial", serial, &err));
	must(query_run(db, &collection_hosts, &q, NULL, &p, &err));
	if (p.n == 0) {
		fprintf(stderr, "inventory_bench: there was no %s\n", serial);
		exit(1);
	}
	query_page_done(&p);
}

/* Seconds and bytes that a whole export takes. */
static double export_s(const char *url, const struct collection *c, const struct query_request *q,
		       size_t *ret_bytes)
{
	struct db *reader = NULL;
	struct export_run *e = NULL;
	struct str out;
	int r = 1;

	str_init(&out, 64 * MIB);
	must(db_open(url, DB_READONLY, &reader, &err));
	double begin = bench_now_s();
	must(export_new(reader, c, q, EXPORT_NDJSON, &e, &err));
	while (r == 1) {
		str_clear(&out);
		must(r = export_next(e, &out, &err));
		*ret_bytes += out.n_bytes;
	}
	double took = bench_now_s() - begin;
	export_free(e);
	str_done(&out);
	return took;
}

static void measure_export(const char *url, long hosts)
{
	struct query_request q = {0};
	size_t bytes = 0;
	double took = export_s(url, &collection_hosts, &q, &bytes);
	double mb_s = (double)bytes / 1e6 / took, hosts_s = (double)hosts / took;

	bench_note("export all as NDJSON", "MB/s", mb_s);
	bench_result("export all as NDJSON", "hosts/s", hosts_s,
		     bench_export_goal((double)bytes, (double)hosts), false, 1);
}

#define PARTS_GOAL 20000 /* rows a second, whatever the number of parts */

/* One type of parts, which an index finds in another order than the export's. */
static void measure_filtered_export(struct db *db, const char *url)
{
	struct query_request q = {0};
	size_t bytes = 0;
	int64_t n = 0;

	must(query_add_filter(&q, "type", "memory", &err));
	must(db_query_int(db, &err, &n, 0, "SELECT count(*) FROM part WHERE type = 'memory'"));
	double took = export_s(url, &collection_parts, &q, &bytes);
	bench_result("export one type of parts", "rows/s", (double)n / took, PARTS_GOAL, false, 1);
}

/* 40 parts, one in ten reports differs in one part; each report is a durable commit of its own. */
static void measure_reports(struct db *db, long hosts)
{
	enum { N = 2000 };
	char **docs = xcalloc(N, sizeof(char *));
	int64_t rows = 0, rows_after = 0;
	for (long i = 0; i < N; i++) {
		long host = i * 7919 % hosts;
		autofree char *serial = xasprintf("SN%08ld", host);
		autojson json_t *doc = facts_of(host, serial);
		if (i % 10 == 0)
			(void)json_object_set_new(json_array_get(json_object_get(doc, "drives"), 0),
						  "Revision",
						  json_sprintf("X%ld", (long)time(NULL) + i));
		docs[i] = json_text(doc);
	}
	must(db_query_int(db, &err, &rows, 0, "SELECT count(*) FROM host_facts_history"));
	double begin = bench_now_s();
	for (long i = 0; i < N; i++) {
		autojson json_t *doc = NULL;
		must(json_load_strict(docs[i], strlen(docs[i]), LIMIT_FACTS_BYTES, &doc, &err));
		must(facts_store(db, i * 7919 % hosts + 1, doc, 1770000000000000 + i * 100, NULL,
				 &err));
	}
	double took = bench_now_s() - begin;
	must(db_query_int(db, &err, &rows_after, 0, "SELECT count(*) FROM host_facts_history"));
	bench_result("inventory reports stored", "reports/s", N / took, 1000, false, N);
	bench_result("facts versions written by 2,000 reports", "rows", (double)(rows_after - rows),
		     220, true, N);
	for (long i = 0; i < N; i++)
		free(docs[i]);
	free(docs);
}

int main(int argc, char **argv)
{
	struct db *db = NULL;
	int64_t hosts = 0;
	struct rusage u;

	if (argc != 4 || !parse_i64(argv[2], &hosts) || hosts < 100) {
		fprintf(stderr, "usage: inventory_bench STORE-URL HOSTS RESULT.json\n");
		return 2;
	}
	must(db_open(argv[1], DB_CREATE, &db, &err));
	make_fleet(db, hosts);
	bool big = hosts > 10000;
	measure(db, hosts, "list 100 hosts, two filters and a sort", list_two_filters, SAMPLES,
		big ? 20 : 10);
	measure(db, hosts, "a host by serial", host_by_serial, SAMPLES, 2);
	measure(db, hosts, "a host by MAC", host_by_mac, SAMPLES, 2);
	measure(db, hosts, "summary by sku and state, three sums", summary, 50, big ? 300 : 50);
	measure(db, hosts, "search hosts by a part of a serial", search_hosts, 10, 0);
	measure(db, hosts, "search parts by a part of a serial", search_parts, 5, 0);
	measure(db, hosts, "list 100 hosts of a moment, two filters and a sort", list_in_the_past,
		10, 0);
	measure(db, hosts, "a host of a moment by serial", host_in_the_past, 10, 0);
	measure_export(argv[1], hosts);
	measure_filtered_export(db, argv[1]);
	(void)getrusage(RUSAGE_SELF, &u);
	bench_result("resident memory until here", "MiB", (double)u.ru_maxrss / 1024, 64, true, 1);
	measure_reports(db, hosts);
	if (hosts == EVENTS_HOSTS) {
		db_set_patient(db, true);
		make_events(db, hosts);
		db_set_patient(db, false);
		measure(db, hosts, "100 of a million events", events, SAMPLES, 50);
	}
	db_close(db);
	return bench_write(argv[3]) ? 0 : 1;
}
