/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The appliance's checks of itself; see doctor.h. Input: our own store and configuration.
 */
#include "doctor.h"

#include <inttypes.h>
#include <sys/statvfs.h>

#include <base/json.h>
#include <base/limits.h>
#include <images/object_store.h>
#include <inventory/store_archive.h>
#include <inventory/webhook.h>

#include "tables.h"

#define DAYS_LEAST 30 /* of disk space at the store's growth */

/* found: taken over. mend: NULL when all is well. */
static void add(json_t *rows, const char *name, const char *status, char *found, const char *mend)
{
	json_t *row = json_pack("{s:s, s:s, s:o}", "name", name, "status", status, "found",
				json_string_of(found));

	if (mend)
		(void)json_object_set_new(row, "mend", json_string(mend));
	(void)json_array_append_new(rows, row);
	free(found);
}

/* ---- checks ---------------------------------------------------------------------------------- */

typedef int (*doctor_check)(struct api *api, const char *name, json_t *rows, struct err *err);

static int check_dhcp(struct api *api, const char *name, json_t *rows, struct err *err)
{
	unsigned n = api->foreign_dhcp_servers ? api->foreign_dhcp_servers(api->foreign_dhcp_arg)
					       : 0;

	(void)err;
	add(rows, name, n ? "error" : "ok", xasprintf("%u other DHCP servers answer", n),
	    n ? "stop them, or set [dhcp] mode=proxy" : NULL);
	return 0;
}

static int check_writing(struct api *api, const char *name, json_t *rows, struct err *err)
{
	bool stopped = api->flow->stopped;

	(void)err;
	add(rows, name, stopped ? "warning" : "ok",
	    xstrdup(stopped ? "all writing is stopped" : "allowed"),
	    stopped ? "slipway writing resume" : NULL);
	return 0;
}

static int check_channel(struct api *api, const char *name, json_t *rows, struct err *err)
{
	int64_t left_s = api->flow->channel.expires_s - flow_now_us(api->flow) / 1000000;

	(void)err;
	if (!api->flow->channel.expires_s)
		add(rows, name, "ok", xstrdup("none"), NULL);
	else
		add(rows, name, left_s > 0 ? "ok" : "error",
		    xasprintf("expires in %" PRId64 " h", left_s / 3600),
		    left_s > 0 ? NULL : "sign and import the next one: slipway channel next");
	return 0;
}

static bool count_image(void *arg, const struct manifest *m)
{
	(void)m;
	++*(size_t *)arg;
	return true;
}

static int check_images(struct api *api, const char *name, json_t *rows, struct err *err)
{
	size_t n = 0;

	TRY(object_store_list(api->flow->objects, count_image, &n, err));
	add(rows, name, n ? "ok" : "warning", xasprintf("%zu in the store", n),
	    n ? NULL : "import one: slipway image import FILE.slip");
	return 0;
}

static int check_webhooks(struct api *api, const char *name, json_t *rows, struct err *err)
{
	autojson json_t *doc = NULL;
	json_int_t n_dead = 0;
	size_t i;
	json_t *hook;

	TRY(webhook_list(api->flow->db, &doc, err));
	const json_t *items = json_object_get(doc, "items");
	json_array_foreach (items, i, hook)
		n_dead += json_integer_value(json_object_get(hook, "dead"));
	add(rows, name, n_dead ? "warning" : "ok",
	    xasprintf("%zu, with %lld dead letters", json_array_size(items), (long long)n_dead),
	    n_dead ? "slipway webhook list names the last error; slipway webhook retry sends again"
		   : NULL);
	return 0;
}

/* Where copies of the store go is on its own disk unless somebody mounted another there. */
static int64_t free_bytes(const struct api *api)
{
	struct statvfs v;

	return api->backup_dir && statvfs(api->backup_dir, &v) == 0
		       ? (int64_t)((uint64_t)v.f_bavail * v.f_frsize)
		       : -1;
}

static int check_growth(struct api *api, const char *name, json_t *rows, struct err *err)
{
	int64_t now_us = flow_now_us(api->flow), bytes = 0, a_day = 0, left = free_bytes(api);

	TRY(store_bytes(api->flow->db, &bytes, err));
	store_growth_note(&api->growth, now_us, bytes);
	if (!store_growth_per_day(&api->growth, now_us, bytes, &a_day)) {
		add(rows, name, "ok",
		    xasprintf("%" PRId64 " MiB; how fast it grows is known after an hour",
			      bytes / (int64_t)MIB),
		    NULL);
		return 0;
	}
	bool is_soon = left >= 0 && a_day > 0 && left / a_day < DAYS_LEAST;
	autofree char *days = left >= 0 && a_day > 0
				      ? xasprintf("; the disk lasts %" PRId64 " days", left / a_day)
				      : xstrdup("");
	add(rows, name, is_soon ? "warning" : "ok",
	    xasprintf("%" PRId64 " MiB, %+.1f MiB a day%s", bytes / (int64_t)MIB,
		      (double)a_day / (double)MIB, days),
	    is_soon ? "grow the disk, or keep rows for a shorter time ([retention])" : NULL);
	return 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

int doctor_server_rows(struct api *api, json_t *rows, struct err *err)
{
	static const struct {
		const char *name;
		doctor_check run;
	} checks[] = {
		{"other DHCP", check_dhcp},   {"writing", check_writing},
		{"channel", check_channel},   {"images", check_images},
		{"webhooks", check_webhooks}, {"store growth", check_growth},
	};

	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		TRY(checks[i].run(api, checks[i].name, rows, err));
	return 0;
}

static const json_t *machine_rows(const struct api *api)
{
	return api->machine_rows ? api->machine_rows(api->machine_arg) : NULL;
}

static int level_of(const json_t *row)
{
	static const char *const words[] = {"ok", "warning", "error"};
	const char *status = json_string_value(json_object_get(row, "status"));

	for (int i = 0; i < (int)ARRAY_LEN(words); i++)
		if (status && str_eq(status, words[i]))
			return i;
	return -1;
}

/* Names are our own: none needs an escape. */
static void add_gauges(const json_t *rows, struct str *out)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		if (level_of(row) >= 0)
			str_addf(out, "slipway_check{name=\"%s\"} %d\n",
				 json_string_value(json_object_get(row, "name")), level_of(row));
}

int doctor_gauges(struct api *api, struct str *out, struct err *err)
{
	autojson json_t *rows = json_array();

	TRY(doctor_server_rows(api, rows, err));
	str_add(out,
		"# HELP slipway_check What `slipway doctor` checks: 0 ok, 1 warning, 2 error.\n"
		"# TYPE slipway_check gauge\n");
	add_gauges(machine_rows(api), out);
	add_gauges(rows, out);
	return 0;
}

static int get_doctor(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	const json_t *machine = machine_rows(api);
	autojson json_t *rows = json_array();

	TRY(doctor_server_rows(api, rows, err));
	return http_reply_json(r, 200,
			       json_pack("{s:O, s:o}", "items", rows, "machine",
					 machine ? json_deep_copy(machine) : json_array()));
}

const struct http_route doctor_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/doctor", READ, 0, get_doctor,
		   "what is wrong with this appliance and its machine, and how to mend it"),
};
const size_t n_doctor_routes = ARRAY_LEN(doctor_routes);
