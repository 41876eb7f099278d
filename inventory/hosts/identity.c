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

/* A value of the evidence that a known host showed before. */
struct match {
	size_t candidate, item;
};

struct findings {
	const struct host_evidence *e;
	const struct host_birth *birth; /* of a host that is made */
	int64_t now_us;
	struct evidence_set set;
	const char *const *states_at_rest;
	VEC(struct match) matches;
	size_t n;
	bool at_rest[CANDIDATES_MAX]; /* or held by another machine */
	struct candidate candidates[CANDIDATES_MAX];
	struct judgement judgements[CANDIDATES_MAX];
};

static void findings_done(struct findings *f)
{
	evidence_set_done(&f->set);
	VEC_DONE(&f->matches);
}

const char *identity_verdict_str(enum identity_verdict v)
{
	static const char *const names[] = {[IDENTITY_SAME] = "same",
					    [IDENTITY_NEW] = "new",
					    [IDENTITY_CLONE] = "clone",
					    [IDENTITY_REVIEW] = "review"};

	return names[v];
}

/* ---- candidates ------------------------------------------------------------------------------ */

static void add_match(struct findings *f, int64_t host_num, size_t item)
{
	enum evidence_kind kind = f->set.items.items[item].kind;
	size_t i = 0;

	while (i < f->n && f->candidates[i].host_num != host_num)
		i++;
	if (i == CANDIDATES_MAX)
		return; /* a value with so many owners is learned as shared long before */
	if (i == f->n)
		f->candidates[f->n++] = (struct candidate){.host_num = host_num};
	f->candidates[i].matched |= BIT(kind);
	f->candidates[i].score += evidence_weight(kind);
	VEC_PUSH(&f->matches, ((struct match){i, item}));
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
			add_match(f, db_int(rows, 0), i);
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

static bool matches(const struct findings *f, size_t candidate, size_t item)
{
	for (size_t i = 0; i < f->matches.n; i++)
		if (f->matches.items[i].candidate == candidate && f->matches.items[i].item == item)
			return true;
	return false;
}

/* Has the evidence a MAC that this candidate never showed, and the candidate one that is not in the
 * evidence? */
static int find_own_cards(struct db *db, struct findings *f, size_t candidate, struct err *err)
{
	struct candidate *c = &f->candidates[candidate];
	AUTO(db_rows) struct db_rows *rows = NULL;
	bool newcomer = false;
	int r;

	for (size_t i = 0; i < f->set.items.n; i++) {
		const struct evidence_item *item = &f->set.items.items[i];
		newcomer |= item->kind == EVIDENCE_MAC && !item->shared &&
			    !matches(f, candidate, i);
	}
	if (!newcomer || !(c->matched & BIT(EVIDENCE_MAC)))
		return 0;
	TRY(db_query(
		db, err, &rows,
		"SELECT e.value FROM evidence e WHERE e.host_num = $1 AND e.kind = 'mac' AND NOT "
		"EXISTS (SELECT 1 FROM evidence_shared s WHERE s.kind = e.kind AND s.value = "
		"e.value)",
		p_int(c->host_num)));
	while ((r = db_rows_next(rows, err)) == 1)
		c->own_cards |= !evidence_set_has(&f->set, EVIDENCE_MAC, db_text(rows, 0));
	return r;
}

static int find_rest(struct db *db, struct findings *f, size_t candidate, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT state FROM host WHERE num = $1",
		     p_int(f->candidates[candidate].host_num)));
	int r = db_rows_next(rows, err);
	for (size_t i = 0; r == 1 && f->states_at_rest && f->states_at_rest[i]; i++)
		f->at_rest[candidate] |= str_eq(f->states_at_rest[i], db_text(rows, 0));
	return r < 0 ? r : 0;
}

static int investigate(struct db *db, const struct host_evidence *e, struct findings *f,
		       struct err *err)
{
	TRY(evidence_set_from(e, &f->set, err));
	TRY(evidence_mark_shared(db, &f->set, err));
	TRY(find_owners(db, f, err));
	for (size_t i = 0; i < f->n; i++) {
		TRY(find_differences(db, f, &f->candidates[i], err));
		TRY(find_own_cards(db, f, i, err));
		TRY(find_rest(db, f, i, err));
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
		if (i != best && f->judgements[i].relation > RELATION_SHARED)
			ret->others[ret->n_others++] = f->candidates[i].host_num;
}

/* The common value that the rule is about, for people. */
static void common_value(const struct findings *f, size_t candidate, char *ret, size_t ret_bytes)
{
	unsigned by = f->judgements[candidate].by;

	*ret = '\0';
	for (size_t i = 0; i < f->matches.n && !*ret; i++) {
		const struct evidence_item *item = &f->set.items.items[f->matches.items[i].item];
		char value[81];

		if (f->matches.items[i].candidate != candidate || !(by & BIT(item->kind)))
			continue;
		(void)text_fit(value, sizeof(value), item->value);
		text_print(ret, ret_bytes, "%s %s", evidence_kind_str(item->kind), value);
	}
}

/* It is a known host, but some of its evidence belongs to another one, too. */
static void say_contested(const struct findings *f, size_t best, const char *value,
			  struct identity *ret)
{
	char contested[128] = "";

	for (size_t i = 0; i < f->n && !*contested; i++)
		if (i != best && f->judgements[i].relation > RELATION_SHARED)
			common_value(f, i, contested, sizeof(contested));
	ret->verdict = IDENTITY_REVIEW;
	text_print(ret->why, sizeof(ret->why), "%s (%s), but another host shows %s, too",
		   f->judgements[best].why, value, contested);
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
	common_value(f, best, value, sizeof(value));
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
	if (relation == RELATION_SAME && ret->n_others > 0)
		say_contested(f, best, value, ret);
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
	findings_done(f);
	return r;
}

/* ---- acting ---------------------------------------------------------------------------------- */

/* Values that machines which are not one show: they count no more. Not those of a host at rest. */
static int learn_shared(struct db *db, const struct findings *f, struct err *err)
{
	for (size_t i = 0; i < f->n; i++) {
		enum relation relation = f->judgements[i].relation;
		unsigned boards = EVIDENCE_BOARDS | BIT(EVIDENCE_CHASSIS);
		unsigned kinds = relation == RELATION_SHARED  ? boards | BIT(EVIDENCE_MAC)
				 : relation == RELATION_CLONE ? boards
							      : 0;

		if (kinds && !f->at_rest[i])
			TRY(evidence_learn_shared(db, &f->set, f->candidates[i].matched & kinds,
						  f->judgements[i].why, f->now_us, err));
	}
	return 0;
}

static bool is_at_rest(const struct findings *f, int64_t host_num)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->candidates[i].host_num == host_num)
			return f->at_rest[i];
	return false;
}

static int note_clone(struct db *db, const struct findings *f, struct identity *ret,
		      struct err *err)
{
	struct host h;

	TRY(host_get(db, ret->host_num, &h, err));
	for (unsigned i = 0; i < ret->n_others; i++) {
		if (is_at_rest(f, ret->others[i]))
			continue;
		autofree char *why = xasprintf("%s: also shown by host %s", ret->why, h.short_code);
		TRY(host_set_review(db, ret->others[i], why, f->birth->actor, f->now_us, err));
	}
	return host_set_review(db, ret->host_num, ret->why, f->birth->actor, f->now_us, err);
}

/* The evidence without what other hosts at rest showed before; false if there is no such part.
 * self: the host itself; 0 for a new one. */
static bool uncontested(const struct findings *f, int64_t self, struct evidence_set *ret)
{
	for (size_t i = 0; i < f->set.items.n; i++) {
		bool contested = false;

		for (size_t k = 0; k < f->n; k++)
			contested |= f->at_rest[k] && f->candidates[k].host_num != self &&
				     matches(f, k, i);
		if (!contested)
			VEC_PUSH(&ret->items, f->set.items.items[i]);
	}
	return ret->items.n < f->set.items.n;
}

static int act_same(struct db *db, const struct findings *f, int64_t host_num, struct err *err)
{
	struct evidence_set own = {0};

	(void)uncontested(f, host_num, &own);
	int r = evidence_add(db, host_num, f->e, &own, f->now_us, err);
	evidence_set_done(&own);
	return r < 0 ? r : learn_shared(db, f, err);
}

/* A row for a machine that nobody knows, with the evidence that is its own. What a host at rest
 * showed before waits for a person, if it is more than a MAC that several boards show. */
static int act_new(struct db *db, const struct findings *f, struct identity *ret, struct err *err)
{
	struct host_birth birth = *f->birth;
	struct evidence_set own = {0};
	bool contested = uncontested(f, 0, &own);
	int r;

	birth.weak = ret->weak;
	r = host_make(db, f->e, &birth, f->now_us, &ret->host_num, err);
	if (r >= 0)
		r = evidence_add(db, ret->host_num, contested ? NULL : f->e, &own, f->now_us, err);
	evidence_set_done(&own);
	TRY(r);
	TRY(learn_shared(db, f, err));
	if (ret->verdict != IDENTITY_CLONE)
		return 0;
	if (contested)
		TRY(evidence_set_pending(db, ret->host_num, f->e, &f->set, f->now_us, err));
	return note_clone(db, f, ret, err);
}

static int act_review(struct db *db, const struct findings *f, struct identity *ret,
		      struct err *err)
{
	TRY(evidence_set_pending(db, ret->host_num, f->e, &f->set, f->now_us, err));
	return host_set_review(db, ret->host_num, ret->why, f->birth->actor, f->now_us, err);
}

static int act(struct db *db, const struct findings *f, struct identity *ret, struct err *err)
{
	switch (ret->verdict) {
	case IDENTITY_SAME:
		TRY(act_same(db, f, ret->host_num, err));
		break;
	case IDENTITY_NEW:
	case IDENTITY_CLONE:
		TRY(act_new(db, f, ret, err));
		break;
	case IDENTITY_REVIEW:
		return act_review(db, f, ret, err);
	}
	return host_touch(db, ret->host_num, f->now_us, err);
}

/* What a machine shows that works under a host's name is that host's own: a clone waits alone. */
static int find_held(struct findings *f, struct err *err)
{
	const struct host_birth *b = f->birth;

	for (size_t i = 0; i < f->n && b->held; i++)
		if (f->judgements[i].relation == RELATION_CLONE && !f->at_rest[i])
			TRY(b->held(b->arg, f->candidates[i].host_num, &f->at_rest[i], err));
	return 0;
}

static int resolve(struct db *db, struct findings *f, struct identity *ret, struct err *err)
{
	int64_t id, at_us;

	/* takes the fleet's clock first: two appliances cannot make the same host twice */
	TRY(db_tick(db, f->now_us, &id, &at_us, err));
	f->states_at_rest = f->birth->at_rest;
	TRY(investigate(db, f->e, f, err));
	TRY(find_held(f, err));
	decide(f, ret);
	TRY(act(db, f, ret, err));
	return fill_id(db, ret, err);
}

int identity_resolve(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
		     int64_t now_us, struct identity *ret, struct err *err)
{
	autofree struct findings *f = xcalloc(1, sizeof(*f));

	f->e = e;
	f->birth = birth;
	f->now_us = now_us;
	TRY(db_begin(db, err));
	int r = resolve(db, f, ret, err);
	findings_done(f);
	return db_end(db, r, err);
}

static int expect(struct db *db, struct findings *f, int64_t *ret_num, struct err *err)
{
	int64_t id, at_us;

	TRY(db_tick(db, f->now_us, &id, &at_us, err));
	TRY(investigate(db, f->e, f, err));
	for (size_t i = 0; i < f->n; i++) {
		if (!(f->candidates[i].matched & ~EVIDENCE_DISKS & ~BIT(EVIDENCE_CHASSIS)))
			continue;
		*ret_num = f->candidates[i].host_num;
		return err_set(err, ERR_EXISTS, "a host with this serial or MAC exists already");
	}
	TRY(host_make(db, f->e, f->birth, f->now_us, ret_num, err));
	return evidence_add(db, *ret_num, f->e, &f->set, f->now_us, err);
}

int identity_expect(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
		    int64_t now_us, int64_t *ret_num, struct err *err)
{
	autofree struct findings *f = xcalloc(1, sizeof(*f));

	f->e = e;
	f->birth = birth;
	f->now_us = now_us;
	TRY(db_begin(db, err));
	int r = expect(db, f, ret_num, err);
	findings_done(f);
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
