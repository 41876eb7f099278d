/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's configuration. Decisions: no redirects for machines (iPXE and small clients follow them badly); files
 * are named one by one, everything else is 404 or the daemon's; the headers that the daemon
 * believes are set on every proxied request, so that a client's own are overwritten; TLS without
 * session resumption, because a resumed session must not lose its client certificate.
 */
#include <pxe/nginx.h>

#include <ctype.h>
#include <stddef.h>
#include <base/cleanup.h>
#include "nginx_limits.h"

static int check_path(const char *what, const char *text, bool optional, struct err *err)
{
	if (!text || !text[0])
		return optional ? 0 : err_set(err, ERR_CONFIG, "%s is empty", what);
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._:-+@", *p))
			return err_set(err, ERR_CONFIG,
				       "%s has a character that nginx cannot take: '%s'", what,
				       text);
	return 0;
}

static int check(const struct nginx_options *o, struct err *err)
{
	const struct {
		const char *what, *text;
		bool optional;
	} words[] = {
		{"[server] address", o->address, false},
		{"[server] run_dir", o->run_dir, false},
		{"temporary folder", o->temp_dir, false},
		{"[boot] files_dir", o->files_dir, false},
		{"[boot] firmware_cpio", o->firmware_cpio, true},
		{"site.cpio", o->site_cpio, false},
		{"bootstrap script", o->bootstrap, false},
		{"object store", o->objects_dir, false},
		{"certificate", o->tls_cert, false},
		{"key", o->tls_key, false},
		{"socket", o->backend_socket, false},
		{"web folder", o->web_dir, true},
		{"user", o->user, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		int rc = check_path(words[i].what, words[i].text, words[i].optional, err);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < o->n_more; i++) {
		TRY(check_path("address", o->more[i].address, false, err));
		TRY(check_path("bootstrap script", o->more[i].bootstrap, false, err));
	}
	return 0;
}

static void add_main(struct str *out, const struct nginx_options *o)
{
	str_add(out, "# Written by slipwayd at each start: change slipway.conf instead.\n");
	if (o->user)
		str_addf(out, "user %s;\n", o->user);
	str_addf(out,
		 "daemon off;\n"
		 "worker_processes 2;\n"
		 "worker_rlimit_nofile 40000;\n"
		 "worker_shutdown_timeout 5s;\n"
		 "pid %s/nginx.pid;\n"
		 "error_log stderr warn;\n"
		 "events {\n"
		 "\tworker_connections 16384;\n"
		 "}\n",
		 o->run_dir);
}

static void add_http_head(struct str *out, const struct nginx_options *o)
{
	static const char *const temporary[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};

	str_add(out, "http {\n"
		     "\taccess_log off;\n"
		     "\tserver_tokens off;\n"
		     "\tabsolute_redirect off;\n"
		     "\tmerge_slashes off;\n"
		     "\tdefault_type application/octet-stream;\n"
		     "\ttypes { text/html html; text/css css; text/javascript js mjs; "
		     "image/svg+xml svg; application/json json; }\n"
		     "\tsendfile on;\n"
		     "\tsendfile_max_chunk 1m;\n"
		     "\ttcp_nopush on;\n"
		     "\tkeepalive_timeout 75s;\n"
		     "\tkeepalive_requests 100000;\n"
		     "\treset_timedout_connection on;\n"
		     "\tclient_header_timeout 5s;\n"
		     "\tclient_body_timeout 10s;\n"
		     "\tsend_timeout 30s;\n"
		     "\tlingering_time 10s;\n"
		     "\tclient_max_body_size 1k;\n"
		     "\tclient_body_buffer_size 64k;\n"
		     "\tmax_ranges 1;\n"
		     "\tlarge_client_header_buffers 4 16k;\n"
		     "\tproxy_max_temp_file_size 0;\n");
	nginx_limits_head(out);
	for (size_t i = 0; i < ARRAY_LEN(temporary); i++)
		str_addf(out, "\t%s_temp_path %s/%s;\n", temporary[i], o->temp_dir, temporary[i]);
	str_addf(out,
		 "\tupstream slipwayd {\n"
		 "\t\tserver unix:%s max_fails=0;\n"
		 "\t\tkeepalive 64;\n"
		 "\t\tkeepalive_requests 100000;\n"
		 "\t\tkeepalive_timeout 60s;\n"
		 "\t}\n",
		 o->backend_socket);
}

/* Everything that a proxied location needs; proxy_set_header is not inherited once one is set. */
static void add_proxy(struct str *out, const char *listener, bool tls, const char *read_timeout)
{
	str_addf(out,
		 "\t\t\tproxy_pass http://slipwayd;\n"
		 "\t\t\tproxy_http_version 1.1;\n"
		 "\t\t\tproxy_next_upstream off;\n"
		 "\t\t\tproxy_connect_timeout 5s;\n"
		 "\t\t\tproxy_read_timeout %s;\n"
		 "\t\t\tproxy_set_header Connection \"\";\n"
		 "\t\t\tproxy_set_header Host $host;\n"
		 "\t\t\tproxy_set_header X-Real-IP $remote_addr;\n"
		 "\t\t\tproxy_set_header X-Forwarded-For \"\";\n"
		 "\t\t\tproxy_set_header X-Slipway-Listener %s;\n"
		 "\t\t\tproxy_set_header X-Slipway-Address $server_addr;\n"
		 "\t\t\tproxy_set_header X-Slipway-Client-Cert %s;\n",
		 read_timeout, listener, tls ? "$ssl_client_escaped_cert" : "\"\"");
}

struct location {
	const char *match;
	enum nginx_kind kind;
	bool tls;
	const char *read_timeout;
	const char *more; /* further lines */
};

static void add_location(struct str *out, const struct location *l)
{
	str_addf(out, "\t\tlocation %s {\n", l->match);
	nginx_limits_add(out, l->kind);
	str_add(out, l->more);
	add_proxy(out, l->tls ? "tls" : "plain", l->tls, l->read_timeout);
	str_add(out, "\t\t}\n");
}

/* Whoever is over a limit gets an answer in our own words; agents wait and try again. */
static void add_busy(struct str *out)
{
	str_add(out,
		"\t\terror_page 429 @busy;\n"
		"\t\tlocation @busy {\n"
		"\t\t\tinternal;\n"
		"\t\t\tdefault_type application/problem+json;\n"
		"\t\t\tadd_header Retry-After 2 always;\n"
		"\t\t\treturn 429 '{\"type\":\"/api/v1/errors/server.busy\",\"title\":\"the server has no room "
		"for this now\",\"status\":429,\"code\":\"server.busy\",\"detail\":\"this address "
		"asks too much of the server\"}';\n"
		"\t\t}\n");
}

static void add_alias(struct str *out, const char *match, const char *alias, const char *more)
{
	str_addf(out,
		 "\t\tlocation %s {\n"
		 "\t\t\tlimit_except GET { deny all; }\n"
		 "%s"
		 "\t\t\talias %s;\n",
		 match, more, alias);
	nginx_limits_add(out, NGINX_FILES);
	str_add(out, "\t\t}\n");
}

static void add_files(struct str *out, const struct nginx_options *o, const char *bootstrap)
{
	autofree char *agent = xasprintf("%s/$1/$2", o->files_dir);
	autofree char *loaders = xasprintf("%s/ipxe/$1", o->files_dir);
	autofree char *objects = xasprintf("%s/sha256/$1/$2", o->objects_dir);
	autofree char *sigs = xasprintf("%s/sigs/$1", o->objects_dir);

	add_alias(out, "~ ^/boot/files/(x86_64|aarch64)/(vmlinuz|ramdisk\\.img)$", agent, "");
	add_alias(out,
		  o->firmware_cpio ? "~ ^/boot/files/(?:x86_64|aarch64)/firmware\\.cpio$"
				   : "~ ^/boot/files/(x86_64|aarch64)/(firmware\\.cpio)$",
		  o->firmware_cpio ? o->firmware_cpio : agent, "");
	add_alias(out, "= /boot/files/site.cpio", o->site_cpio, "");
	add_alias(out, "~ ^/boot/files/ipxe/([A-Za-z0-9_-]+\\.[a-z]+)$", loaders, "");
	add_alias(out, "= /boot/v1/ipxe", bootstrap, "\t\t\tdefault_type text/plain;\n");
	add_alias(out, "~ \"^/objects/sha256/([0-9a-f]{2})/([0-9a-f]{64})$\"", objects,
		  "\t\t\tadd_header Cache-Control \"public, max-age=31536000, immutable\";\n");
	add_alias(out, "~ \"^/objects/sigs/([0-9a-f]{64})$\"", sigs, "");
}

/* A person who types the address. Machines are never redirected. */
static void add_page_redirect(struct str *out, const struct nginx_options *o, const char *address)
{
	str_addf(out, "\t\tlocation ~ ^/(?:index\\.html)?$ {\n\t\t\treturn 301 https://%s",
		 address);
	if (o->https_port != 443)
		str_addf(out, ":%d", o->https_port);
	str_add(out, "/;\n\t\t}\n");
}

static void add_plain(struct str *out, const struct nginx_options *o,
		      const struct nginx_place *place)
{
	str_addf(out, "\tserver {\n\t\tlisten %s:%d backlog=4096;\n", place->address, o->http_port);
	add_files(out, o, place->bootstrap);
	add_location(out, &(struct location){"= /boot/v1/script", NGINX_BOOT, false, "30s", ""});
	add_location(out, &(struct location){"= /healthz", NGINX_BOOT, false, "30s", ""});
	add_busy(out);
	if (o->web_dir)
		add_page_redirect(out, o, place->address);
	str_add(out, "\t\tlocation / {\n"
		     "\t\t\treturn 404;\n"
		     "\t\t}\n"
		     "\t}\n");
}

/* Agents: a certificate is asked for before a byte of a body is read. Bodies are small and stay in
 * memory, but for events: those are kept on the disk until they are whole, so that a slow sender
 * holds nothing of the daemon. */
static const char needs_cert[] =
	"\t\t\tdefault_type application/problem+json;\n"
	"\t\t\tif ($ssl_client_verify = NONE) {\n"
	"\t\t\t\treturn 403 '{\"type\":\"/api/v1/errors/auth.certificate\",\"title\":\"a client certificate is "
	"needed\",\"status\":403,\"code\":\"auth.certificate\",\"detail\":\"no client "
	"certificate\"}';\n"
	"\t\t\t}\n";
/* People and programs: the daemon looks at the token before it reads the body. */
/* Lists of hosts shrink to a tenth. Event streams are text/event-stream or NDJSON and stay as they are. */
static const char unbuffered[] = "\t\t\tproxy_request_buffering off;\n"
				 "\t\t\tgzip on;\n"
				 "\t\t\tgzip_proxied any;\n"
				 "\t\t\tgzip_comp_level 2;\n"
				 "\t\t\tgzip_min_length 2048;\n"
				 "\t\t\tgzip_vary on;\n"
				 "\t\t\tgzip_types application/json;\n";
static const char unbuffered_slow[] = "\t\t\tproxy_request_buffering off;\n"
				      "\t\t\tproxy_send_timeout 120s;\n";

static void add_tls_locations(struct str *out)
{
	static const struct location rows[] = {
		{"= /agent/v1/sessions", NGINX_SESSION, true, "30s", needs_cert},
		{"~ ^/agent/v1/sessions/[^/]+/(?:heartbeat|permits)$", NGINX_BEAT, true, "30s",
		 needs_cert},
		{"~ ^/agent/v1/sessions/[^/]+/events$", NGINX_EVENTS, true, "60s", needs_cert},
		{"= /agent/v1/first-boot", NGINX_FIRST_BOOT, true, "30s", ""},
		{"/agent/v1/", NGINX_AGENT, true, "120s", needs_cert},
		/* checking and unpacking an image takes as long as its size wants */
		{"/api/v1/images", NGINX_IMPORT, true, "1h", unbuffered_slow},
		{"/api/v1/", NGINX_API, true, "120s", unbuffered},
		{"= /metrics", NGINX_BOOT, true, "30s", ""},
		{"= /healthz", NGINX_BOOT, true, "30s", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		add_location(out, &rows[i]);
}

static void add_tls(struct str *out, const struct nginx_options *o)
{
	str_addf(out, "\tserver {\n\t\tlisten %s:%d ssl backlog=4096;\n", o->address,
		 o->https_port);
	for (size_t n = 0; n < o->n_more; n++)
		str_addf(out, "\t\tlisten %s:%d ssl backlog=4096;\n", o->more[n].address,
			 o->https_port);
	str_addf(out,
		 "\t\tssl_certificate %s;\n"
		 "\t\tssl_certificate_key %s;\n"
		 "\t\tssl_protocols TLSv1.2 TLSv1.3;\n"
		 "\t\tssl_session_cache off;\n"
		 "\t\tssl_session_tickets off;\n"
		 "\t\tssl_verify_client optional_no_ca;\n"
		 "\t\tssl_verify_depth 1;\n",
		 o->tls_cert, o->tls_key);
	add_tls_locations(out);
	add_busy(out);
	if (o->web_dir)
		str_addf(out,
			 "\t\tlocation / {\n"
			 "\t\t\tlimit_except GET { deny all; }\n"
			 "\t\t\troot %s;\n"
			 "\t\t\tindex index.html;\n"
			 "\t\t\tlimit_conn files_c 64;\n"
			 "\t\t\tadd_header Content-Security-Policy \"default-src 'self'; "
			 "frame-ancestors 'none'; base-uri 'none'; form-action 'none'\" always;\n"
			 "\t\t\tadd_header X-Content-Type-Options nosniff always;\n"
			 "\t\t\tadd_header Referrer-Policy no-referrer always;\n"
			 "\t\t}\n",
			 o->web_dir);
	else
		str_add(out, "\t\tlocation / {\n\t\t\treturn 404;\n\t\t}\n");
	str_add(out, "\t}\n");
}

int nginx_config_write(struct str *out, const struct nginx_options *o, struct err *err)
{
	int rc = check(o, err);

	if (rc < 0)
		return rc;
	add_main(out, o);
	add_http_head(out, o);
	add_plain(out, o, &(struct nginx_place){o->address, o->bootstrap});
	for (size_t i = 0; i < o->n_more; i++)
		add_plain(out, o, &o->more[i]);
	add_tls(out, o);
	str_add(out, "}\n");
	return str_ok(out) ? 0 : err_set(err, ERR_TOO_BIG, "nginx's configuration is too long");
}
