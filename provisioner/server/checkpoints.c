/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and reading checkpoints; see checkpoints.h. Input: files of our own, which whoever changed
 * the log may have changed as well.
 */
#include "checkpoints.h"

#include <dirent.h>
#include <unistd.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>
#include <base/vec.h>
#include <inventory/event.h>
#include <proto/checkpoint.h>

#define EVERY_US  (3600 * 1000000LL)
#define FILES_MAX 1000000
#define SUFFIX    ".json"

/* ---- making ---------------------------------------------------------------------------------- */

static json_t *answer_of(const struct checkpoint *c, json_t *envelope)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:O}", "rows", (json_int_t)c->rows, "last_id",
			 (json_int_t)c->last_id, "hash", c->hash, "at", c->at, "envelope",
			 envelope);
}

static int append_event(struct app *a, const char *actor, json_t *detail, int64_t rows,
			struct err *err)
{
	autofree char *summary = xasprintf("the audit log was signed up to its row %lld",
					   (long long)rows);
	struct event_draft e = {
		.kind = "audit.checkpoint", .actor = actor, .summary = summary, .detail = detail};
	return event_append(a->db, &e, app_now_us(a), NULL, err);
}

/* The caller frees. */
static char *path_of(const struct app *a, int64_t rows)
{
	return xasprintf("%s/%012lld" SUFFIX, a->site.audit_dir, (long long)rows);
}

/* The file first: what it says of the log is true whether or not the event is stored. */
static int keep(struct app *a, const char *actor, const struct checkpoint *c, json_t *envelope,
		json_t **ret, struct err *err)
{
	AUTO(json) json_t *answer = answer_of(c, envelope);
	autofree char *text = json_text(envelope);
	autofree char *path = path_of(a, c->rows);
	TRY(file_write_atomic(path, text, strlen(text), 0600, err));
	log_ev(LOG_NOTICE, "audit.checkpoint", KV("rows", c->rows), KV("last_id", c->last_id),
	       KV("envelope", (const char *)text));
	TRY(append_event(a, actor, answer, c->rows, err));
	*ret = take_ptr(answer);
	return 0;
}

int checkpoint_make(struct app *a, const char *actor, json_t **ret, struct err *err)
{
	struct audit_mark head;
	struct checkpoint c = {.rows = 0};
	AUTO(json) json_t *envelope = NULL;
	TRY(audit_head(a->db, &head, err));
	c.rows = head.rows;
	c.last_id = head.id;
	(void)str_copy(c.hash, sizeof(c.hash), head.hash);
	time_rfc3339(app_now_us(a), c.at);
	TRY(checkpoint_seal(a->site.plan_key, &c, &envelope, err));
	return keep(a, actor, &c, envelope, ret, err);
}

void checkpoint_tick(struct app *a)
{
	struct err err = ERR_INIT;
	struct audit_mark head;
	AUTO(json) json_t *doc = NULL;
	int64_t now_us = app_now_us(a);
	if (now_us < a->next_checkpoint_us)
		return;
	a->next_checkpoint_us = now_us + EVERY_US;
	int rc = audit_head(a->db, &head, &err);
	autofree char *path = path_of(a, rc < 0 ? 0 : head.rows);
	if (rc >= 0 && head.rows > 0 && access(path, F_OK) < 0)
		rc = checkpoint_make(a, NULL, &doc, &err);
	if (rc < 0)
		log_err(LOG_ERR, "audit.checkpoint", &err);
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef VEC(struct audit_mark) mark_list;

static int read_one(const char *path, const struct plan_key *key, mark_list *list, struct err *err)
{
	struct checkpoint c;
	struct audit_mark mark;
	autofree char *text = NULL;
	size_t n = 0;
	AUTO(json) json_t *envelope = NULL;
	if (file_read(path, CHECKPOINT_MAX_BYTES, &text, &n, err) < 0 ||
	    json_load_strict(text, n, CHECKPOINT_MAX_BYTES, &envelope, err) < 0)
		return err_set(err, ERR_CHECKPOINT, "'%s' is no checkpoint", path);
	if (checkpoint_open(key, envelope, &c, err) < 0)
		return err_wrap(err, "'%s'", path);
	mark = (struct audit_mark){.rows = c.rows, .id = c.last_id};
	(void)str_copy(mark.hash, sizeof(mark.hash), c.hash);
	VEC_PUSH(list, mark);
	return 0;
}

static int read_dir(DIR *d, const char *dir, const struct plan_key *key, mark_list *list,
		    struct err *err)
{
	struct dirent *e;
	while ((e = readdir(d))) {
		autofree char *path = xasprintf("%s/%s", dir, e->d_name);
		if (e->d_name[0] == '.' || !str_ends(e->d_name, SUFFIX))
			continue;
		if (list->n == FILES_MAX)
			return err_set(err, ERR_TOO_BIG, "'%s' has more than %d files", dir,
				       FILES_MAX);
		TRY(read_one(path, key, list, err));
	}
	return 0;
}

int checkpoints_read(const char *dir, const char *public_key_path, struct audit_mark **ret,
		     size_t *ret_n, struct err *err)
{
	AUTO(plan_key) struct plan_key *key = NULL;
	mark_list list = {0};
	TRY(plan_key_load_public(public_key_path, &key, err));
	DIR *d = opendir(dir);
	int rc = d ? read_dir(d, dir, key, &list, err)
		   : err_sys(err, ERR_IO, "cannot read the checkpoints in '%s'", dir);
	if (d)
		(void)closedir(d);
	if (rc < 0)
		VEC_DONE(&list);
	*ret = list.items;
	*ret_n = list.n;
	return rc;
}
