/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inventory of a running slipwayd over HTTP, and what heavy questions cost those who must not
 * wait: boot answers are timed alone, again while two exports and two questions without an index
 * run without end, and again while lists of 5,000 rows are imported one after the other. usage:
 * inventory_http RUN-DIR DAEMON-PID HOSTS RESULT.json, on a fleet of inventory_bench.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/file.h>
#include <base/http_client.h>
#include <base/limits.h>
#include <base/str.h>
#include "bench_report.h"

#define ANSWERS  4000
#define SAMPLES  400
#define LOADS    5 /* two exports, two scans, a list */
#define SETTLE_S 2

#define LOAD_LIST     4
#define DELIVERY_ROWS 5000

static struct err err;
static const char *run_dir;

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "inventory_http: %s: %s\n", what, err.msg);
	exit(1);
}

static struct http_client *client_new(const char *socket)
{
	autofree char *path = xasprintf("%s/%s", run_dir, socket);
	struct http_client_options o = {.base_url = "http://slipway", .unix_socket = path};
	struct http_client *c = http_client_new(&o, &err);

	must(c ? 0 : -1, socket);
	return c;
}

/* Takes path. Returns how many bytes came. */
static size_t get(struct http_client *c, char *path, const char *begins)
{
	struct http_reply reply = {0};
	struct http_call call = {.path = path, .max_reply_bytes = 64 * MIB};

	must(http_client_call(c, &call, &reply, &err), path);
	if (reply.status != 200 || !str_starts(reply.body, begins)) {
		fprintf(stderr, "inventory_http: %s: %d %.200s\n", path, reply.status, reply.body);
		exit(1);
	}
	size_t n = reply.body_bytes;
	http_reply_done(&reply);
	free(path);
	return n;
}

static char *mac_of(long host)
{
	unsigned long h = (unsigned long)host + 64; /* an OUI and zeros is not a card's own */

	return xasprintf("b8:59:9f:%02lx:%02lx:%02lx", h >> 14 & 255, h >> 6 & 255, (h & 63) * 4);
}

/* ---- the load -------------------------------------------------------------------------------- */

struct exported {
	size_t bytes, rows;
};

static bool count(void *arg, const void *p, size_t n)
{
	struct exported *e = arg;

	e->bytes += n;
	for (const char *at = p, *end = at + n; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		e->rows++;
	return true;
}

static struct exported export_all(struct http_client *c)
{
	struct exported e = {0};
	struct http_reply reply = {0};
	struct http_call call = {.path = "/api/v1/export.ndjson",
				 .sink = count,
				 .sink_arg = &e,
				 .timeout_ms = 600000};

	must(http_client_call(c, &call, &reply, &err), "export");
	http_reply_done(&reply);
	return e;
}

/* Each round moves every host of the list to another rack unit. */
static void import_list(struct http_client *c, int round)
{
	autostr struct str body;
	struct http_reply reply = {0};

	str_init(&body, MIB);
	str_add(&body, "{\"name\":\"bench\",\"hosts\":[");
	for (int i = 0; i < DELIVERY_ROWS; i++)
		str_addf(&body, "%s{\"serial\":\"LIST-%05d\",\"rack\":\"b%03d\",\"unit\":%d}",
			 i ? "," : "", i, i / 40, (i + round) % 40 + 1);
	str_add(&body, "]}");
	struct http_call call = {.path = "/api/v1/deliveries",
				 .method = "POST",
				 .body = body.p,
				 .body_bytes = body.n_bytes};
	must(http_client_call(c, &call, &reply, &err), "delivery");
	must(reply.status == 201 ? 0 : -1, reply.body);
	http_reply_done(&reply);
}

static void heavy(struct http_client *c, int which)
{
	static const char *const slow[] = {
		"/api/v1/"
		"hosts?drives.Model!=MZQL23T8HCLS&memory.Manufacturer=Micron&limit=10&total=true",
		"/api/v1/summary?group_by=cpu,BiosVersion&sum=threads,drive_count&capacity=true"};

	for (int round = 1;; round++)
		if (which < 2)
			(void)export_all(c);
		else if (which < LOAD_LIST)
			(void)get(c, xstrdup(slow[which - 2]), "{");
		else
			import_list(c, round);
}

/* The loads from first to last, of which each is a process. */
static void load_start(pid_t pids[static LOADS], int first, int last)
{
	for (int i = first; i <= last; i++) {
		pids[i] = fork();
		must(pids[i], "fork");
		if (pids[i] > 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		heavy(client_new("admin.sock"), i);
	}
	(void)sleep(SETTLE_S);
}

static void load_stop(const pid_t pids[static LOADS], int first, int last)
{
	for (int i = first; i <= last; i++) {
		int status = 0;
		if (waitpid(pids[i], &status, WNOHANG) != 0) {
			fprintf(stderr, "inventory_http: a load ended by itself\n");
			exit(1);
		}
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], &status, 0);
	}
}

/* ---- what is timed --------------------------------------------------------------------------- */

static void boot_answers(const char *name, long hosts)
{
	static double ms[ANSWERS];
	AUTO(http_client) struct http_client *c = client_new("http.sock");

	for (long i = 0; i < ANSWERS; i++) {
		autofree char *mac = mac_of(i * 7919 % hosts);
		double begin = bench_now_s();
		(void)get(c,
			  xasprintf("/boot/v1/script?mac=%s&uuid=&serial=X&arch=x86_64&platform="
				    "efi",
				    mac),
			  "#!ipxe");
		ms[i] = (bench_now_s() - begin) * 1000;
	}
	bench_quantiles(name, ms, ANSWERS, 10);
}

static void host_by_mac(long hosts)
{
	static double ms[SAMPLES];
	AUTO(http_client) struct http_client *c = client_new("admin.sock");

	for (long i = 0; i < SAMPLES; i++) {
		autofree char *mac = mac_of(i * 7919 % hosts);
		double begin = bench_now_s();
		(void)get(c, xasprintf("/api/v1/hosts/%s", mac), "{\"id\":");
		ms[i] = (bench_now_s() - begin) * 1000;
	}
	bench_quantiles("a host by MAC, over HTTP", ms, SAMPLES, 2);
}

static void one_export(void)
{
	AUTO(http_client) struct http_client *c = client_new("admin.sock");
	double begin = bench_now_s();
	struct exported e = export_all(c);
	double took = bench_now_s() - begin, mb_s = (double)e.bytes / 1e6 / took;

	bench_note("export all as NDJSON, over HTTP", "MB/s", mb_s);
	bench_result("export all as NDJSON, over HTTP", "hosts/s", (double)e.rows / took,
		     bench_export_goal((double)e.bytes, (double)e.rows), false, 1);
}

static void one_import(void)
{
	AUTO(http_client) struct http_client *c = client_new("admin.sock");
	double begin = bench_now_s();

	import_list(c, 0);
	bench_note("import a list of 5,000 rows", "s", bench_now_s() - begin);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int64_t status_number(const char *pid, const char *name)
{
	autofree char *path = xasprintf("/proc/%s/status", pid);
	autofree char *text = NULL;
	size_t n = 0;
	int64_t kib = 0;

	if (file_read(path, 64 * 1024, &text, &n, &err) < 0)
		return 0;
	const char *at = strstr(text, name);
	return at && sscanf(at + strlen(name), "%ld", &kib) == 1 ? kib : 0;
}

static void memory(const char *daemon)
{
	int64_t most = 0;
	struct dirent *e;
	DIR *d = opendir("/proc");

	while (d && (e = readdir(d))) {
		autofree char *path = xasprintf("/proc/%s/comm", e->d_name);
		char comm[32];
		file_read_line(path, comm, sizeof(comm));
		if (!str_eq(comm, "slipway-reader"))
			continue;
		int64_t kib = status_number(e->d_name, "VmHWM:");
		most = kib > most ? kib : most;
	}
	if (d)
		(void)closedir(d);
	bench_result("most memory of a reader", "MiB", (double)most / 1024, 64, true, 1);
	bench_note("most memory of the daemon", "MiB",
		   (double)status_number(daemon, "VmHWM:") / 1024);
}

int main(int argc, char **argv)
{
	int64_t hosts = 0;
	pid_t pids[LOADS];

	if (argc != 5 || !parse_i64(argv[3], &hosts) || hosts < 100) {
		fprintf(stderr, "usage: inventory_http RUN-DIR DAEMON-PID HOSTS RESULT.json\n");
		return 2;
	}
	run_dir = argv[1];
	host_by_mac(hosts);
	one_export();
	boot_answers("boot answer", hosts);
	load_start(pids, 0, LOAD_LIST - 1);
	boot_answers("boot answer beside two exports and two scans", hosts);
	load_stop(pids, 0, LOAD_LIST - 1);
	one_import();
	load_start(pids, LOAD_LIST, LOAD_LIST);
	boot_answers("boot answer beside lists of 5,000 rows", hosts);
	load_stop(pids, LOAD_LIST, LOAD_LIST);
	memory(argv[2]);
	return bench_write(argv[4]) ? 0 : 1;
}
