/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the routes of the public API. Input: URLs from anybody with a token; values are bounded
 * and bound by the inventory.
 */
#include "request.h"

#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "read.h"

#define LIMIT_DEFAULT 100

static const char *const reserved[] = {"limit", "cursor", "sort",  "fields",
				       "q",     "at",     "total", NULL};

struct filling {
	struct query_request *q;
	const char *const *own;
	struct err *err;
	int status;
};

static bool is_in(const char *const *list, const char *name)
{
	for (size_t i = 0; list && list[i]; i++)
		if (str_eq(list[i], name))
			return true;
	return false;
}

static void add_filter(void *arg, const char *name, const char *value)
{
	struct filling *f = arg;

	if (f->status < 0 || is_in(reserved, name) || is_in(f->own, name))
		return;
	f->status = query_add_filter(f->q, name, value, f->err);
}

/* The store's own clock may be ahead of this machine's: what it has told may be asked for. */
static int refuse_future(struct api *api, const char *name, const char *pointer, int64_t at_us,
			 struct err *err)
{
	int64_t id = 0, last_us = 0;

	if (at_us <= flow_now_us(api->flow))
		return 0;
	TRY(db_last_tick(api->flow->db, &id, &last_us, err));
	if (at_us <= last_us)
		return 0;
	(void)err_set(err, ERR_INVALID, "'%s' is in the future", name);
	return err_at(err, pointer);
}

int api_time(const struct http_request *r, const char *name, int64_t *ret_us, struct err *err)
{
	const char *text = http_query(r, name);

	*ret_us = 0;
	if (!text)
		return 0;
	autofree char *pointer = xasprintf("/%s", name);
	if (!time_parse_rfc3339(text, ret_us) || *ret_us <= 0) {
		(void)err_set(err, ERR_INVALID, "'%s' takes a time as 2026-11-01T00:00:00Z", name);
		return err_at(err, pointer);
	}
	return refuse_future(http_context(r), name, pointer, *ret_us, err);
}

int api_flag(const struct http_request *r, const char *name, bool *ret, struct err *err)
{
	const char *text = http_query(r, name);
	autofree char *pointer = xasprintf("/%s", name);

	if (!text)
		return 0;
	*ret = str_eq(text, "true") || str_eq(text, "1");
	if (*ret || str_eq(text, "false") || str_eq(text, "0"))
		return 0;
	(void)err_set(err, ERR_INVALID, "'%s' takes true or false", name);
	return err_at(err, pointer);
}

int api_query(const struct http_request *r, const char *const *own, struct query_request *q,
	      struct err *err)
{
	struct filling f = {.q = q, .own = own, .err = err};

	TRY(http_query_int(r, &(struct http_int){"limit", 1, QUERY_LIMIT_MAX, LIMIT_DEFAULT},
			   &q->limit, err));
	TRY(api_time(r, "at", &q->at_us, err));
	TRY(api_flag(r, "total", &q->total, err));
	q->cursor = http_query(r, "cursor");
	q->sort = http_query(r, "sort");
	q->fields = http_query(r, "fields");
	q->search = http_query(r, "q");
	http_query_each(r, add_filter, &f);
	return f.status;
}

int api_host(const struct http_request *r, struct host *ret, struct err *err)
{
	struct api *api = http_context(r);

	return host_find_any(api->flow->db, http_param(r, "id"), ret, err);
}

/* ---- what only the daemon knows -------------------------------------------------------------------------------- */

/* ---- answers --------------------------------------------------------------------------------- */

int api_reply_page(struct http_request *r, const struct collection *c,
		   const struct query_request *q, struct err *err)
{
	struct read_job job = {.kind = READ_PAGE, .of = c, .q = *q};

	return api_read(r, &job, 200, err);
}

/* The revision is the ETag. What an answer holds beside the row (progress, advice) changes without
 * it, and is told by a hash behind it, which If-Match does not look at. */
static void set_etag(struct http_request *r, const char *items, const char *whole)
{
	char hex[SHA256_HEX_BYTES];
	const char *clock = strstr(whole, ",\"" API_CLOCK_MEMBER "\":");
	autojson json_t *list = json_loads(items, 0, NULL);
	json_t *revision = json_object_get(json_array_get(list, 0), "revision");

	if (!revision)
		return;
	sha256_hex_of(whole, clock ? (size_t)(clock - whole) : strlen(whole), hex);
	autofree char *etag = xasprintf("\"r%lld-%.16s\"", (long long)json_integer_value(revision),
					hex);
	http_reply_header(r, "ETag", etag);
}

int api_reply_one(struct http_request *r, const struct collection *c, struct query_request *q,
		  const char *more, struct err *err)
{
	struct api *api = http_context(r);
	struct query_extra live = api_live(api);
	struct query_page page;

	q->limit = 1;
	bool shows_live = c == &collection_hosts && api_shows_live(q);
	TRY(query_run(api->flow->db, c, q, shows_live ? &live : NULL, &page, err));
	if (page.n == 0) {
		query_page_done(&page);
		return err_set(err, c == &collection_hosts ? ERR_HOST_UNKNOWN : ERR_NOT_FOUND,
			       "no such one among the %s", c->name);
	}
	autostr struct str out;
	str_init(&out, page.items.n_bytes + (more ? strlen(more) : 0) + 16);
	str_addn(&out, page.items.p + 1, page.items.n_bytes - 3); /* without [ and }] */
	if (more)
		str_add(&out, more);
	str_add(&out, "}\n");
	set_etag(r, page.items.p, out.p);
	query_page_done(&page);
	size_t n = out.n_bytes;
	return http_reply_text(r, 200, "application/json", str_take(&out), n);
}
