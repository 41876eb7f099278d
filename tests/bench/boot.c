/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a boot answer takes with many hosts in the store: hosts are made through the inventory's
 * own identity rules, then scripts are asked for over the daemon's unix socket, one after another,
 * known hosts and strangers mixed. usage: boot [-o FILE.json] [HOSTS [REQUESTS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <base/file.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/db.h>
#include <inventory/identity.h>
#include "tests/harness/server_bench.h"

#define GOAL_MS 10.0

static struct err err;

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "boot: %s: %s\n", what, err.msg);
	exit(1);
}

static void mac_of(int64_t i, char ret[static 18])
{
	snprintf(ret, 18, "52:54:%02x:%02x:%02x:%02x", (unsigned)(i >> 24) & 255,
		 (unsigned)(i >> 16) & 255, (unsigned)(i >> 8) & 255, (unsigned)i & 255);
}

static void make_hosts(struct server_bench *b, int64_t n)
{
	AUTO(db) struct db *db = NULL;

	must(db_open(b->store, 0, &db, &err), "store");
	must(db_begin(db, &err), "begin");
	for (int64_t i = 0; i < n; i++) {
		char mac[18], serial[32], disk[32];
		mac_of(i, mac);
		snprintf(serial, sizeof(serial), "BENCH-%lld", (long long)i);
		snprintf(disk, sizeof(disk), "DISK-%lld", (long long)i);
		const char *macs[] = {mac};
		struct host_evidence_disk disks[] = {{"", disk}};
		struct host_evidence e = {.system_serial = serial,
					  .macs = macs,
					  .n_macs = 1,
					  .disks = disks,
					  .n_disks = 1};
		struct host_birth birth = {.state = i % 2 ? "ready" : "failed",
					   .detail = "",
					   .turn = "operator",
					   .arch = "x86_64"};
		struct identity id;
		must(identity_resolve(db, &e, &birth, 1700000000000000 + i, &id, &err), "host");
	}
	must(db_end(db, 0, &err), "commit");
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double ask(struct http_client *c, int64_t i)
{
	char mac[18];
	struct http_reply reply = {0};

	mac_of(i, mac);
	autofree char *path = xasprintf(
		"/boot/v1/script?mac=%s&uuid=&serial=X&arch=x86_64&platform=efi", mac);
	struct http_call call = {.path = path};
	double start = now_ms();
	must(http_client_call(c, &call, &reply, &err), "request");
	double took = now_ms() - start;
	if (reply.status != 200 || !str_starts(reply.body, "#!ipxe")) {
		fprintf(stderr, "boot: status %d: %s\n", reply.status, reply.body);
		exit(1);
	}
	http_reply_done(&reply);
	return took;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static json_t *row(const char *name, double value, double goal, int64_t runs)
{
	return json_pack("{s:s, s:s, s:f, s:s, s:n, s:n, s:f, s:b, s:I}", "name", name, "unit",
			 "ms", "ours", value, "peer", "", "peer_value", "ratio", "goal", goal,
			 "met", value < goal, "runs", (json_int_t)runs);
}

static void report(double *took, int64_t n, int64_t n_hosts, const char *path)
{
	qsort(took, (size_t)n, sizeof(*took), by_value);
	double p50 = took[n / 2], p99 = took[n * 99 / 100], max = took[n - 1];
	printf("%lld hosts, %lld answers: p50 %.3f ms, p99 %.3f ms, slowest %.3f ms (goal: p99 < "
	       "%.0f)\n",
	       (long long)n_hosts, (long long)n, p50, p99, max, GOAL_MS);
	autofree char *name = xasprintf("boot answer, p99, %lld hosts", (long long)n_hosts);
	autojson json_t *doc = json_pack("[o]", row(name, p99, GOAL_MS, n));
	autofree char *text = json_text(doc);
	if (path)
		must(file_write_atomic(path, text, strlen(text), 0644, &err), path);
}

int main(int argc, char **argv)
{
	const char *output = NULL;
	int64_t n_hosts = 10000, n = 20000;
	struct server_bench b = {0};

	if (argc > 2 && str_eq(argv[1], "-o")) {
		output = argv[2];
		argv += 2;
		argc -= 2;
	}
	if ((argc > 1 && !parse_i64(argv[1], &n_hosts)) || (argc > 2 && !parse_i64(argv[2], &n)) ||
	    n_hosts < 1 || n < 100) {
		fputs("usage: boot [-o FILE.json] [HOSTS [REQUESTS]]\n", stderr);
		return 2;
	}
	server_bench_open_real_time(&b);
	server_bench_stop(&b);
	make_hosts(&b, n_hosts);
	server_bench_start(&b);
	(void)server_bench_admin(
		&b, "POST", "/api/v1/profiles",
		"{\"name\":\"a\",\"match\":{\"serial\":\"NOBODY*\"},\"enrol\":true}");
	struct http_client_options o = {.base_url = "http://slipway", .unix_socket = b.front};
	AUTO(http_client) struct http_client *c = http_client_new(&o, &err);
	double *took = xcalloc((size_t)n, sizeof(*took));
	srandom(1);
	for (int64_t i = 0; i < 100; i++)
		(void)ask(c, i);
	for (int64_t i = 0; i < n; i++) /* one in eleven is a stranger */
		took[i] = ask(c, random() % (n_hosts + n_hosts / 10 + 1));
	report(took, n, n_hosts, output);
	free(took);
	server_bench_close(&b);
	return 0;
}
