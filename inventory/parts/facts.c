/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storing a facts document: compare with what is known, write the difference, nothing else. One
 * moment and one event a document. Input: a document of checked shape from a machine that may lie.
 */
#include <inventory/facts.h>

#include <string.h>
#include <zstd.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/expect.h>
#include <inventory/host.h>

#include "../hosts/history.h"
#include "brief.h"
#include "found_part.h"
#include "place_parts.h"
#include "same_facts.h"
#include "version.h"

#define LEVEL 3

/* One document on its way into the store. */
struct storing {
	struct db *db;
	int64_t host_num;
	const json_t *doc;
	const char *text; /* of doc */
	char digest[SHA256_HEX_BYTES];
	bool is_first; /* of the host */
	int64_t now_us;
	struct facts_change *c;
};

/* ---- bodies ---------------------------------------------------------------------------------- */

static int squeeze(const char *text, void **ret, size_t *ret_n, struct err *err)
{
	size_t n = strlen(text), cap = ZSTD_compressBound(n);
	autofree void *p = xmalloc(cap);
	size_t out = ZSTD_compress(p, cap, text, n, LEVEL);

	if (ZSTD_isError(out))
		return err_set(err, ERR_IO, "cannot compress the facts: %s",
			       ZSTD_getErrorName(out));
	*ret = take_ptr(p);
	*ret_n = out;
	return 0;
}

static int write_body(const struct storing *s, const char *brief, const struct moment *m,
		      struct err *err)
{
	autofree void *p = NULL;
	size_t n = 0;

	TRY(squeeze(s->text, &p, &n, err));
	TRY(history_keep(s->db, "host_facts", s->host_num, m, err));
	return db_exec(
		s->db, err,
		"INSERT INTO host_facts (num, changed_us, digest, brief, body) VALUES ($1, $2, "
		"$3, $4, $5) ON CONFLICT (num) DO UPDATE SET changed_us = $2, digest = $3, "
		"brief = $4, body = $5",
		p_int(s->host_num), p_int(m->at_us), p_text(s->digest), p_text(brief),
		p_blob(p, n));
}

/* ---- host columns ---------------------------------------------------------------------------- */

static struct db_param number(int64_t v)
{
	return v >= 0 ? p_int(v) : p_null();
}

static int write_host(struct db *db, int64_t num, const struct brief *b, const struct moment *m,
		      struct err *err)
{
	TRY(history_keep(db, "host", num, m, err));
	TRY(version_note(db, b->bios_version, err));
	return db_exec(
		db, err,
		"UPDATE host SET manufacturer = $2, model = $3, asset_tag = CASE WHEN $4 = '' "
		"THEN asset_tag ELSE $4 END, bios_version = $5, cpu = $6, sockets = $7, cores = "
		"$8, threads = $9, memory_mib = $10, storage_bytes = $11, drives = $12, nics = "
		"$13, switch_name = $14, switch_port = $15, arch = CASE WHEN $16 = '' THEN arch "
		"ELSE $16 END, firmware = CASE WHEN $17 = '' THEN firmware ELSE $17 END, "
		"changed_us = $18, revision = revision + 1 WHERE num = $1",
		p_int(num), p_text(b->manufacturer), p_text(b->model), p_text(b->asset_tag),
		p_text(b->bios_version), p_text(b->cpu), number(b->sockets), number(b->cores),
		number(b->threads), number(b->memory_mib), number(b->storage_bytes),
		number(b->drives), number(b->nics), p_text(b->switch_name), p_text(b->switch_port),
		p_text(b->arch), p_text(b->firmware), p_int(m->at_us));
}

static int append_event(const struct storing *s, json_t *detail, const struct moment *m,
			struct err *err)
{
	const struct facts_change *c = s->c;
	autofree char *summary =
		s->is_first
			? xasprintf("first inventory: %u parts", c->added)
			: xasprintf("inventory changed: %u added, %u removed, %u moved, %u updated",
				    c->added, c->removed, c->moved, c->updated);
	struct event_draft e = {s->host_num,
				s->is_first ? "host.inventory.first" : "host.inventory", "agent",
				summary, detail};

	return event_append_at(s->db, &e, m, err);
}

/* ---- started again --------------------------------------------------------------------------- */

/* The same machine with other names of the kernel is not a change of the host: no event, no
 * revision, no past. The names now are kept, since people look for them in logs. */
static int rewrite_body(const struct storing *s, const char *brief, struct err *err)
{
	autofree void *p = NULL;
	size_t n = 0;

	TRY(squeeze(s->text, &p, &n, err));
	return db_exec(s->db, err,
		       "UPDATE host_facts SET digest = $2, brief = $3, body = $4 WHERE num = $1",
		       p_int(s->host_num), p_text(s->digest), p_text(brief), p_blob(p, n));
}

static int is_renamed(const struct storing *s, bool *ret, struct err *err)
{
	autojson json_t *before = NULL;

	TRY(facts_load(s->db, s->host_num, 0, &before, err));
	*ret = same_facts(before, s->doc);
	return 0;
}

/* The parts of the document, in their places from this moment on; even after an error to be ended by
 * placed_done(). */
struct placed {
	struct moment m;
	struct brief brief;
	found_parts parts;
};

static int place(const struct storing *s, const struct parts_report *report, struct placed *ret,
		 struct err *err)
{
	*ret = (struct placed){0};
	int r = moment_next(s->db, s->now_us, &ret->m, err);
	if (r >= 0)
		r = found_parts_from(s->doc, s->host_num, &ret->parts, err);
	if (r >= 0)
		r = place_parts(s->db, s->host_num, &ret->parts, &ret->m, report, err);
	brief_from(s->doc, &ret->parts, &ret->brief);
	return r;
}

static void placed_done(struct placed *p)
{
	brief_done(&p->brief);
	found_parts_done(&p->parts);
}

static int store_renamed(const struct storing *s, struct err *err)
{
	struct facts_change none = {0};
	const struct parts_report report = {.counts = &none};
	struct placed p;
	int r = place(s, &report, &p, err);

	if (r >= 0)
		r = rewrite_body(s, p.brief.text, err);
	placed_done(&p);
	return r;
}

/* ---- changed --------------------------------------------------------------------------------- */

static int store_changed(const struct storing *s, struct err *err)
{
	autojson json_t *detail = json_object();
	const struct parts_report report = {.counts = s->c, .lists = s->is_first ? NULL : detail};
	struct placed p;
	int r = place(s, &report, &p, err);

	if (r >= 0)
		r = write_host(s->db, s->host_num, &p.brief, &p.m, err);
	if (r >= 0)
		r = write_body(s, p.brief.text, &p.m, err);
	if (r >= 0)
		r = host_refresh_sku_status(s->db, s->host_num, err);
	if (r >= 0)
		r = append_event(s, detail, &p.m, err);
	placed_done(&p);
	return r;
}

/* ---- storing --------------------------------------------------------------------------------- */

static int last_digest(struct db *db, int64_t host_num, char ret[static SHA256_HEX_BYTES],
		       struct err *err)
{
	struct host h;
	AUTO(db_rows) struct db_rows *rows = NULL;

	ret[0] = '\0';
	TRY(db_query(db, err, &rows, "SELECT digest FROM host_facts WHERE num = $1",
		     p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r == 1)
		(void)str_copy(ret, SHA256_HEX_BYTES, db_text(rows, 0));
	return r == 0 ? host_get(db, host_num, &h, err) : r;
}

static int store(struct db *db, int64_t host_num, const json_t *doc, int64_t now_us,
		 struct facts_change *c, struct err *err)
{
	char before[SHA256_HEX_BYTES];
	autofree char *text = json_text(doc);
	struct storing s = {
		.db = db, .host_num = host_num, .doc = doc, .text = text, .now_us = now_us, .c = c};
	size_t n = strlen(text);
	bool renamed = false;

	if (n > LIMIT_FACTS_BYTES)
		return err_set(err, ERR_TOO_BIG, "the facts have %zu bytes, at most %llu", n,
			       LIMIT_FACTS_BYTES);
	sha256_hex_of(text, n, s.digest);
	TRY(last_digest(db, host_num, before, err));
	s.is_first = before[0] == '\0';
	if (!s.is_first && !str_eq(before, s.digest))
		TRY(is_renamed(&s, &renamed, err));
	if (renamed)
		TRY(store_renamed(&s, err));
	c->changed = !renamed && !str_eq(before, s.digest);
	if (c->changed)
		TRY(store_changed(&s, err));
	return host_touch(db, host_num, now_us, err);
}

int facts_store(struct db *db, int64_t host_num, const json_t *doc, int64_t now_us,
		struct facts_change *ret, struct err *err)
{
	struct facts_change c = {0};

	if (!json_is_object(doc))
		return err_set(err, ERR_FIELD_TYPE, "facts are an object");
	TRY(db_begin(db, err));
	TRY(db_end(db, store(db, host_num, doc, now_us, &c, err), err));
	if (ret)
		*ret = c;
	return 0;
}
