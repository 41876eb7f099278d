/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which host is this: finds candidates by stored evidence, lets identity_rules.c judge each, and
 * acts on the sum of the judgements: learn, make a row, mark clones, or leave everything alone and
 * ask a person. Input: evidence from machines that may lie or be someone else's.
 */
#include <inventory/identity.h>

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>

#include "birth.h"
#include "evidence.h"
#include "evidence_store.h"
#include "history.h"
#include "host_row.h"

#define CANDIDATES_MAX 64

struct findings {
	struct evidence_set set;
	size_t n;
	struct candidate candidates[CANDIDATES_MAX];
	struct judgement judgements[CANDIDATES_MAX];
};

const char *identity_verdict_str(enum identity_verdict v)
{
	static const char *const names[] = {[IDENTITY_SAME] = "same",
					    [IDENTITY_NEW] = "new",
					    [IDENTITY_CLONE] = "clone",
					    [IDENTITY_REVIEW] = "review"};

	return names[v];
}

/* ---- candidates ------------------------------------------------------------------------------ */

static void add_match(struct findings *f, int64_t host_num, const struct evidence_item *item)
{
	size_t i = 0;

	while (i < f->n && f->candidates[i].host_num != host_num)
		i++;
	if (i == CANDIDATES_MAX)
		return; /* a value with so many owners is learned as shared long before */
	if (i == f->n)
		f->candidates[f->n++] = (struct candidate){.host_num = host_num};
	f->candidates[i].matched |= BIT(item->kind);
	f->candidates[i].score += evidence_weight(item->kind);
}

static int find_owners(struct db *db, struct findings *f, struct err *err)
{
	for (size_t i = 0; i < f->set.items.n; i++) {
		const struct evidence_item *item = &f->set.items.items[i];
		if (item->shared)
			continue;
		AUTO(db_rows) struct db_rows *rows = NULL;
		TRY(db_query(db, err, &rows,
			     "SELECT host_num FROM evidence WHERE kind = $1 AND value = $2",
			     p_text(evidence_kind_str(item->kind)), p_text(item->value)));
		int r;
		while ((r = db_rows_next(rows, err)) == 1)
			add_match(f, db_int(rows, 0), item);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Kinds that the host has and the evidence has, without a value in common. */
static int find_differences(struct db *db, struct findings *f, struct candidate *c, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		db, err, &rows,
		"SELECT DISTINCT e.kind FROM evidence e WHERE e.host_num = $1 AND NOT EXISTS "
		"(SELECT 1 FROM evidence_shared s WHERE s.kind = e.kind AND s.value = e.value)",
		p_int(c->host_num)));
	unsigned has = 0;
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		enum evidence_kind k = evidence_kind_parse(db_text(rows, 0));
		has |= k < _EVIDENCE_MAX ? BIT(k) : 0;
	}
	if (r < 0)
		return r;
	c->differs = has & evidence_set_kinds(&f->set) & ~c->matched;
	int64_t seen_us = 0;
	TRY(db_query_int(db, err, &seen_us, 0, "SELECT seen_us FROM host_seen WHERE host_num = $1",
			 p_int(c->host_num)));
	c->seen = seen_us > 0;
	return 0;
}

static int investigate(struct db *db, const struct host_evidence *e, struct findings *f,
		       struct err *err)
{
	TRY(evidence_set_from(e, &f->set, err));
	TRY(evidence_mark_shared(db, &f->set, err));
	TRY(find_owners(db, f, err));
	for (size_t i = 0; i < f->n; i++) {
		TRY(find_differences(db, f, &f->candidates[i], err));
		f->judgements[i] = identity_judge(&f->candidates[i]);
	}
	return 0;
}

/* ---- verdict --------------------------------------------------------------------------------- */

static const enum relation strength[] = {RELATION_SAME, RELATION_REVIEW, RELATION_CLONE};

static bool best_of(const struct findings *f, enum relation relation, size_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < f->n; i++) {
		if (f->judgements[i].relation != relation)
			continue;
		if (!found || f->candidates[i].score > f->candidates[*ret].score)
			*ret = i;
		found = true;
	}
	return found;
}

static void collect_others(const struct findings *f, size_t best, struct identity *ret)
{
	for (size_t i = 0; i < f->n && ret->n_others < IDENTITY_OTHERS_MAX; i++)
		if (i != best && f->judgements[i].relation != RELATION_NONE)
			ret->others[ret->n_others++] = f->candidates[i].host_num;
}

static void first_shared_value(const struct findings *f, unsigned matched, char *ret, size_t n)
{
	ret[0] = '\0';
	for (size_t i = 0; i < f->set.items.n; i++) {
		const struct evidence_item *item = &f->set.items.items[i];
		if (!item->shared && (matched & BIT(item->kind))) {
			char value[81];
			(void)text_fit(value, sizeof(value), item->value);
			text_print(ret, n, "%s %s", evidence_kind_str(item->kind), value);
			return;
		}
	}
}

static void decide(const struct findings *f, struct identity *ret)
{
	size_t best = 0;
	enum relation relation = RELATION_NONE;

	for (size_t i = 0; i < ARRAY_LEN(strength) && relation == RELATION_NONE; i++)
		if (best_of(f, strength[i], &best))
			relation = strength[i];
	*ret = (struct identity){.verdict = IDENTITY_NEW};
	ret->weak = !(evidence_set_kinds(&f->set) & (EVIDENCE_BOARDS | BIT(EVIDENCE_EK)));
	if (relation == RELATION_NONE)
		return;
	char value[128];
	first_shared_value(f, f->candidates[best].matched, value, sizeof(value));
	ret->score = f->candidates[best].score;
	collect_others(f, best, ret);
	text_print(ret->why, sizeof(ret->why), "%s (%s)", f->judgements[best].why, value);
	if (relation == RELATION_CLONE) {
		ret->verdict = IDENTITY_CLONE;
		if (ret->n_others < IDENTITY_OTHERS_MAX)
			ret->others[ret->n_others++] = f->candidates[best].host_num;
		return;
	}
	ret->host_num = f->candidates[best].host_num;
	ret->verdict = relation == RELATION_SAME ? IDENTITY_SAME : IDENTITY_REVIEW;
	if (relation == RELATION_SAME && ret->n_others > 0) {
		ret->verdict = IDENTITY_REVIEW;
		text_print(ret->why, sizeof(ret->why),
			   "%s (%s), but another host shows some of this evidence too",
			   f->judgements[best].why, value);
	}
}

static int fill_id(struct db *db, struct identity *ret, struct err *err)
{
	struct host h;

	if (ret->host_num == 0)
		return 0;
	TRY(host_get(db, ret->host_num, &h, err));
	(void)str_copy(ret->host_id, sizeof(ret->host_id), h.id);
	return 0;
}

int identity_find(struct db *db, const struct host_evidence *e, struct identity *ret,
		  struct err *err)
{
	autofree struct findings *f = xcalloc(1, sizeof(*f));
	int r = investigate(db, e, f, err);

	if (r >= 0) {
		decide(f, ret);
		r = fill_id(db, ret, err);
	}
	evidence_set_done(&f->set);
	return r;
}

/* ---- acting ---------------------------------------------------------------------------------- */

static int note_clone(struct db *db, const struct findings *f, struct identity *ret,
		      const struct host_birth *birth, int64_t now_us, struct err *err)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->judgements[i].relation == RELATION_CLONE)
			TRY(evidence_learn_shared(db, &f->set,
						  f->candidates[i].matched &
							  (EVIDENCE_BOARDS | BIT(EVIDENCE_CHASSIS)),
						  ret->why, now_us, err));
	struct host h;
	TRY(host_get(db, ret->host_num, &h, err));
	for (unsigned i = 0; i < ret->n_others; i++) {
		autofree char *why = xasprintf("%s: also shown by host %s", ret->why, h.short_code);
		TRY(host_set_review(db, ret->others[i], why, birth->actor, now_us, err));
	}
	return host_set_review(db, ret->host_num, ret->why, birth->actor, now_us, err);
}

static int act_review(struct db *db, const struct host_evidence *e, const struct findings *f,
		      const struct host_birth *birth, struct identity *ret, int64_t now_us,
		      struct err *err)
{
	TRY(evidence_set_pending(db, ret->host_num, e, &f->set, now_us, err));
	return host_set_review(db, ret->host_num, ret->why, birth->actor, now_us, err);
}

static int act(struct db *db, const struct host_evidence *e, const struct findings *f,
	       const struct host_birth *birth, struct identity *ret, int64_t now_us,
	       struct err *err)
{
	switch (ret->verdict) {
	case IDENTITY_SAME:
		TRY(evidence_add(db, ret->host_num, e, &f->set, now_us, err));
		break;
	case IDENTITY_NEW:
	case IDENTITY_CLONE:
		TRY(host_make(db, e, birth, ret->weak, now_us, &ret->host_num, err));
		TRY(evidence_add(db, ret->host_num, e, &f->set, now_us, err));
		if (ret->verdict == IDENTITY_CLONE)
			TRY(note_clone(db, f, ret, birth, now_us, err));
		break;
	case IDENTITY_REVIEW:
		return act_review(db, e, f, birth, ret, now_us, err);
	}
	return host_touch(db, ret->host_num, now_us, err);
}

static int resolve(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
		   int64_t now_us, struct findings *f, struct identity *ret, struct err *err)
{
	int64_t id, at_us;

	/* takes the fleet's clock first: two appliances cannot make the same host twice */
	TRY(db_tick(db, now_us, &id, &at_us, err));
	TRY(investigate(db, e, f, err));
	decide(f, ret);
	TRY(act(db, e, f, birth, ret, now_us, err));
	return fill_id(db, ret, err);
}

int identity_resolve(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
		     int64_t now_us, struct identity *ret, struct err *err)
{
	autofree struct findings *f = xcalloc(1, sizeof(*f));

	TRY(db_begin(db, err));
	int r = resolve(db, e, birth, now_us, f, ret, err);
	evidence_set_done(&f->set);
	return db_end(db, r, err);
}

static int expect(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
		  int64_t now_us, struct findings *f, int64_t *ret_num, struct err *err)
{
	int64_t id, at_us;

	TRY(db_tick(db, now_us, &id, &at_us, err));
	TRY(investigate(db, e, f, err));
	for (size_t i = 0; i < f->n; i++) {
		if (!(f->candidates[i].matched & ~EVIDENCE_DISKS & ~BIT(EVIDENCE_CHASSIS)))
			continue;
		*ret_num = f->candidates[i].host_num;
		return err_set(err, ERR_EXISTS, "a host with this serial or MAC exists already");
	}
	TRY(host_make(db, e, birth, false, now_us, ret_num, err));
	return evidence_add(db, *ret_num, e, &f->set, now_us, err);
}

int identity_expect(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
		    int64_t now_us, int64_t *ret_num, struct err *err)
{
	autofree struct findings *f = xcalloc(1, sizeof(*f));

	TRY(db_begin(db, err));
	int r = expect(db, e, birth, now_us, f, ret_num, err);
	evidence_set_done(&f->set);
	return db_end(db, r, err);
}

int identity_expect_again(struct db *db, int64_t num, const struct host_evidence *e, int64_t now_us,
			  struct err *err)
{
	struct evidence_set set = {0};

	TRY(evidence_set_from(e, &set, err));
	int r = db_exec(db, err, "DELETE FROM evidence WHERE host_num = $1", p_int(num));
	if (r >= 0)
		r = evidence_add(db, num, e, &set, now_us, err);
	evidence_set_done(&set);
	return r;
}
