/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network under load: for some seconds the host sends to other hosts under test (pairs.c), or,
 * where there are none, reads what the appliance serves to every host at its boot. The latter's rate
 * depends on the appliance and on its other hosts, so it is measured and never judged; the errors that
 * ports count meanwhile are judged as after each test. Apart from the load, each port's negotiated
 * speed is held against what the port could do.
 */
#include "burn.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/http_client.h>
#include <base/limits.h>
#include <base/str.h>

#include <agent/facts/nics.h>

#include "link_modes.h"

#define FILE_MAX_BYTES (1024 * MIB) /* of one answer: a ramdisk has 40 */
#define SLOW_MBPS      100          /* what is left when a pair of the cable is broken */
#define LEAST_S        4
#define STALL_MS       60000

/* ---- speed ----------------------------------------------------------------------------------- */

void burn_judge_link_speed(struct burn *b, const char *step, const struct component *c,
			   int64_t mbps, int64_t could_mbps)
{
	struct burnin_finding f = {.component = c};

	if (mbps <= 0 || could_mbps <= 0) {
		burn_unjudged(b, step, c, "its driver does not tell the speed of the link");
		return;
	}
	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){.component = c,
					      .name = "link-speed",
					      .value = (double)mbps,
					      .unit = "Mb/s"});
	if (mbps >= could_mbps) {
		burn_passed(b, step, c, "nic-speed-pass", "the link has the port's full speed");
		return;
	}
	f.symptom = mbps <= SLOW_MBPS && could_mbps > SLOW_MBPS ? SYMPTOM_NIC_SLOW_LINK
								: SYMPTOM_NIC_BELOW_PORT;
	text_print(f.message, sizeof(f.message), "the link runs at %lld Mb/s, the port can do %lld",
		   (long long)mbps, (long long)could_mbps);
	burn_found(b, step, &f);
}

/* Returns how many links are up. */
static unsigned judge_speeds(struct burn *b, const char *step)
{
	nic_list nics = {0};
	unsigned n_up = 0;

	nics_read("", &nics);
	for (size_t i = 0; i < nics.n; i++) {
		const struct facts_nic *n = &nics.items[i];
		const struct component *c = component_find(&b->components, COMPONENT_NIC, n->name);

		if (!c || n->link_up != TRI_YES)
			continue;
		n_up++;
		burn_judge_link_speed(b, step, c, n->speed_mbps, link_modes_of(n->name));
	}
	VEC_DONE(&nics);
	return n_up;
}

/* ---- load ------------------------------------------------------------------------------------ */

struct load {
	struct burn *burn;
	int64_t until_ms;
	uint64_t n_bytes;
	bool stopped;
};

static bool swallow(void *arg, const void *p, size_t n_bytes)
{
	struct load *l = arg;

	(void)p;
	l->n_bytes += n_bytes;
	l->stopped = !burn_tick(l->burn);
	return !l->stopped && time_boot_ms() < l->until_ms;
}

bool burn_plain_url(const char *server, char *ret, size_t ret_bytes)
{
	const char *host = str_starts(server, "https://") ? server + strlen("https://") : "";
	const char *end = *host == '[' ? strchr(host, ']') : host;

	if (!*host || !end || strchr(end, ':') || strchr(host, '/'))
		return false;
	autofree char *url = xasprintf("http://%s", host);
	return str_copy(ret, ret_bytes, url);
}

static int read_once(struct http_client *c, const char *path, struct load *l, struct err *err)
{
	struct http_reply reply = {0};
	const struct http_call call = {.path = path,
				       .max_reply_bytes = FILE_MAX_BYTES,
				       .timeout_ms = l->until_ms - time_boot_ms() + STALL_MS,
				       .sink = swallow,
				       .sink_arg = l};
	int rc = http_client_call(c, &call, &reply, err);

	if (rc >= 0)
		rc = http_reply_check(&reply, err);
	http_reply_done(&reply);
	return rc == -ERR_CANCELLED ? 0 : rc;
}

static int read_until(const char *url, struct load *l, struct err *err)
{
	const struct http_client_options options = {.base_url = url};
	AUTO(http_client) struct http_client *c = http_client_new(&options, err);
	struct utsname machine;

	if (!c)
		return -ERR_HTTP;
	(void)uname(&machine);
	autofree char *path = xasprintf("/boot/files/%s/ramdisk.img", machine.machine);
	while (!l->stopped && time_boot_ms() < l->until_ms) {
		uint64_t before = l->n_bytes;

		TRY(read_once(c, path, l, err));
		if (l->n_bytes == before && !l->stopped)
			return err_set(err, ERR_HTTP, "the appliance sent nothing");
	}
	return 0;
}

static void measure(struct burn *b, const char *step, uint64_t n_bytes, int64_t took_ms)
{
	if (n_bytes && took_ms > 0)
		ocp_measure(&b->stream, step,
			    &(struct ocp_measurement){.name = "appliance-read-rate",
						      .value = (double)n_bytes * 8 / 1e3 /
							       (double)took_ms,
						      .unit = "Mb/s"});
}

/* false: the run must stop. */
static bool load_network(struct burn *b, const char *step)
{
	int64_t started_ms = time_boot_ms();
	struct load l = {.burn = b,
			 .until_ms = started_ms + (b->test_s ? b->test_s : LEAST_S) * 1000};
	struct err err = ERR_INIT;
	char url[256];

	if (!b->server || !burn_plain_url(b->server, url, sizeof(url))) {
		burn_unjudged(b, step, NULL, "the appliance has no plain address to read from");
		return true;
	}
	if (read_until(url, &l, &err) < 0)
		burn_unjudged(b, step, NULL, err.msg);
	measure(b, step, l.n_bytes, time_boot_ms() - started_ms);
	return !l.stopped;
}

static bool load_partners(struct burn *b, const char *step)
{
	char url[256];

	if (!b->server || !burn_plain_url(b->server, url, sizeof(url)))
		return false;
	/* "http://10.0.0.1", "http://[2001:db8::1]" */
	char *host = url + strlen("http://");
	host += *host == '[';
	host[strcspn(host, "]")] = '\0';
	return burn_load_pairs(b, step, host, b->test_s ? b->test_s : LEAST_S);
}

enum burn_end burn_test_network(struct burn *b, const char *step)
{
	bool loaded = load_partners(b, step);

	if (report_must_stop(b->out) || (!loaded && !load_network(b, step)))
		return BURN_STOPPED;
	return judge_speeds(b, step) ? BURN_JUDGED : BURN_SKIPPED;
}
