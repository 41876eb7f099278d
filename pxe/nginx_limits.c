/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one address, and all strangers together, may take of nginx: connections, requests a second
 * and bytes of a body, a row for each kind of request. A host's own heartbeats have a row that
 * nothing else counts against. It writes text only; nginx.c says which location is which kind.
 *
 * The figures: a host has a few connections, a heartbeat each 5 s and a few requests a second. The
 * largest network here has 254 addresses; 64 connections of each fit into nginx's own budget.
 */
#include "nginx_limits.h"

#include <base/cleanup.h>

struct limit {
	const char *rate; /* requests by address, or NULL */
	int burst;
	int connections; /* by address */
	const char *body, *body_timeout;
	const char *all_rate; /* of all addresses, or NULL: what is above waits for two seconds */
	int all_burst;
	int all_connections; /* of all addresses; 0: no bound of its own */
	const char *counted; /* in all_connections: NULL: every request; else a variable that is
				 empty for those that are not */
};

static const char *const names[_NGINX_KIND_MAX] = {
	[NGINX_FILES] = "files",           [NGINX_BOOT] = "boot",
	[NGINX_SESSION] = "session",       [NGINX_BEAT] = "beat",
	[NGINX_EVENTS] = "events",         [NGINX_AGENT] = "agent",
	[NGINX_FIRST_BOOT] = "first_boot", [NGINX_API] = "api",
	[NGINX_IMPORT] = "import",
};

static const struct limit limits[_NGINX_KIND_MAX] = {
	/* ten thousand are left of nginx's connections, whoever downloads */
	[NGINX_FILES] = {NULL, 0, 64, "1k", "10s", NULL, 0, 20000, NULL},
	[NGINX_BOOT] = {"20r/s", 60, 16, "1k", "10s", NULL, 0, 0, NULL},
	/* the daemon looks up whose each is, and takes known hosts first (session/open_budget.c) */
	[NGINX_SESSION] = {"1r/s", 10, 8, "128k", "10s", "150r/s", 300, 0, NULL},
	[NGINX_BEAT] = {"5r/s", 30, 8, "64k", "10s", NULL, 0, 0, NULL},
	/* bodies lie on the disk until they are whole: at most 640 MiB of the large ones. Those of
	 * agents stay below 1 MB; a stranger's slow ones, of every address here, must not keep them
	 * out, and come to 1 GB together. */
	[NGINX_EVENTS] = {"20r/s", 100, 4, "5m", "10s", NULL, 0, 128, "$large_body"},
	[NGINX_AGENT] = {"20r/s", 60, 16, "1k", "10s", NULL, 0, 0, NULL},
	[NGINX_FIRST_BOOT] = {"1r/s", 10, 8, "64k", "10s", "150r/s", 300, 0, NULL},
	/* not buffered: each holds one of the daemon's 4096 connections, of which agents and boot
	 * scripts keep the greater part whatever happens here */
	[NGINX_API] = {"200r/s", 1000, 64, "8m", "30s", NULL, 0, 1024, NULL},
	[NGINX_IMPORT] = {"20r/s", 60, 16, "64g", "120s", NULL, 0, 256, NULL},
};

static void add_zones(struct str *out, const char *name, const struct limit *l)
{
	str_addf(out, "\tlimit_conn_zone $binary_remote_addr zone=%s_c:2m;\n", name);
	if (l->rate)
		str_addf(out, "\tlimit_req_zone $binary_remote_addr zone=%s_r:2m rate=%s;\n", name,
			 l->rate);
	if (l->all_rate)
		str_addf(out, "\tlimit_req_zone $server_port zone=%s_all_r:32k rate=%s;\n", name,
			 l->all_rate);
	if (l->all_connections)
		str_addf(out, "\tlimit_conn_zone %s zone=%s_all_c:32k;\n",
			 l->counted ? l->counted : "$server_port", name);
}

void nginx_limits_head(struct str *out)
{
	str_add(out, "\tlimit_conn_status 429;\n"
		     "\tlimit_req_status 429;\n"
		     "\tlimit_conn_log_level info;\n"
		     "\tlimit_req_log_level info;\n"
		     "\tmap $content_length $large_body {\n"
		     "\t\t\"~^[0-9]{1,6}$\" \"\";\n"
		     "\t\tdefault $server_port;\n"
		     "\t}\n");
	for (size_t i = 0; i < _NGINX_KIND_MAX; i++)
		add_zones(out, names[i], &limits[i]);
}

void nginx_limits_add(struct str *out, enum nginx_kind kind)
{
	const struct limit *l = &limits[kind];
	const char *name = names[kind];

	str_addf(out,
		 "\t\t\tclient_max_body_size %s;\n"
		 "\t\t\tclient_body_timeout %s;\n"
		 "\t\t\tlimit_conn %s_c %d;\n",
		 l->body, l->body_timeout, name, l->connections);
	if (l->all_connections)
		str_addf(out, "\t\t\tlimit_conn %s_all_c %d;\n", name, l->all_connections);
	if (l->rate)
		str_addf(out, "\t\t\tlimit_req zone=%s_r burst=%d nodelay;\n", name, l->burst);
	if (l->all_rate)
		str_addf(out, "\t\t\tlimit_req zone=%s_all_r burst=%d;\n", name, l->all_burst);
}
