/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts and placements: what is still where it was costs nothing, what is new gets a row, what is
 * gone is closed, what came from another host is closed there. Input: keys and texts from machines,
 * bound.
 */
#include "place_parts.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/spare.h>

#include "../hosts/history.h"
#include "old_slots.h"
#include "part_row.h"
#include "version.h"

/* A host that made contact within this time is running: its part cannot have moved, so two parts share a key.
 */
#define ALIVE_US (5LL * 60 * 1000000)
/* Events list at most so many parts of a kind of change; the store has them all. */
#define LISTED_MAX 64

struct placing {
	struct db *db;
	int64_t host_num;
	const struct moment *m;
	struct facts_change *c;
	json_t *detail;
	struct err *err;
	found_parts *found;
	struct found_part **by_key; /* sorted */
	int64_t next_part, next_placement;
};

static void list_change(struct placing *w, const char *what, const char *type, const char *slot,
			const char *key)
{
	if (!w->detail)
		return;
	json_t *list = json_object_get(w->detail, what);
	if (!list) {
		list = json_array();
		(void)json_object_set_new(w->detail, what, list);
	}
	if (json_array_size(list) < LISTED_MAX)
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "type", type, "slot",
							    slot, "fru_id", key));
}

/* ---- parts ----------------------------------------------------------------------------------- */

static struct db_param number(int64_t v)
{
	return v >= 0 ? p_int(v) : p_null();
}

/* Columns of part in the order of part_differs(), from column `c` on. */
#define PART_COMPARED                                                                              \
	"q.firmware, q.model, q.wwn, q.protocol, q.media, COALESCE(q.capacity_mib, -1), "          \
	"COALESCE(q.capacity_bytes, -1), COALESCE(q.speed_mhz, -1), COALESCE(q.cores, -1), "       \
	"COALESCE(q.threads, -1)"

static bool part_differs(const struct db_rows *r, int c, const struct found_part *p)
{
	return !str_eq(db_text(r, c), p->firmware) || !str_eq(db_text(r, c + 1), p->model) ||
	       !str_eq(db_text(r, c + 2), p->wwn) || !str_eq(db_text(r, c + 3), p->protocol) ||
	       !str_eq(db_text(r, c + 4), p->media) || db_int(r, c + 5) != p->capacity_mib ||
	       db_int(r, c + 6) != p->capacity_bytes || db_int(r, c + 7) != p->speed_mhz ||
	       db_int(r, c + 8) != p->cores || db_int(r, c + 9) != p->threads;
}

static int part_update(struct placing *w, const struct found_part *p)
{
	w->c->updated++;
	list_change(w, "updated", p->type, p->slot, p->key);
	TRY(history_keep(w->db, "part", p->part_num, w->m, w->err));
	TRY(version_note(w->db, p->firmware, w->err));
	return db_exec(
		w->db, w->err,
		"UPDATE part SET model = $2, wwn = $3, firmware = $4, capacity_mib = $5, "
		"capacity_bytes = $6, speed_mhz = $7, cores = $8, threads = $9, protocol = $10, "
		"media = $11, changed_us = $12, revision = revision + 1 WHERE num = $1",
		p_int(p->part_num), p_text(p->model), p_text(p->wwn), p_text(p->firmware),
		number(p->capacity_mib), number(p->capacity_bytes), number(p->speed_mhz),
		number(p->cores), number(p->threads), p_text(p->protocol), p_text(p->media),
		p_int(w->m->at_us));
}

/* ---- placements ------------------------------------------------------------------------------ */

static int close_placement(struct placing *w, int64_t num)
{
	return db_exec(w->db, w->err, "UPDATE placement SET until_us = $2 WHERE num = $1",
		       p_int(num), p_int(w->m->at_us));
}

static int open_placement(struct placing *w, const struct found_part *p)
{
	return db_exec(
		w->db, w->err,
		"INSERT INTO placement (num, host_num, part_num, type, slot, attrs, from_us, "
		"until_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		p_int(w->next_placement++), p_int(w->host_num), p_int(p->part_num), p_text(p->type),
		p_text(p->slot), p_text(p->attrs), p_int(w->m->at_us), p_int(MOMENT_OPEN));
}

static int compare_key(const void *key, const void *item)
{
	return strcmp(key, (*(struct found_part *const *)item)->key);
}

static struct found_part *found_by_key(const struct placing *w, const char *key)
{
	struct found_part **p = bsearch(key, w->by_key, w->found->n, sizeof(struct found_part *),
					compare_key);

	return p ? *p : NULL;
}

struct old_placement {
	int64_t num;
	struct found_part *now; /* NULL: gone */
	bool moved;             /* same part, another slot or other attributes */
	bool renamed;           /* same part and place, by another name */
	bool differs;           /* the part itself changed */
	char type[16], slot[129];
	char *key;
};
typedef VEC(struct old_placement) old_placements;

static void note_place(struct old_placement *o, const char *slot, const char *attrs)
{
	const char *now = o->now->attrs ? o->now->attrs : "";
	bool same_slot = str_eq(slot, o->now->slot) || old_slots_renamed(slot, o->now);

	o->moved = !same_slot || !old_slots_same_attrs(attrs, now);
	o->renamed = !o->moved && (!str_eq(slot, o->now->slot) || !str_eq(attrs, now));
}

/* Read everything before writing anything. */
static int read_old(struct placing *w, old_placements *old)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		w->db, w->err, &rows,
		"SELECT p.num, p.part_num, q.fru_key, p.type, p.slot, p.attrs, " PART_COMPARED
		" FROM placement p JOIN part q ON q.num = p.part_num WHERE p.host_num = $1 AND "
		"p.until_us = $2",
		p_int(w->host_num), p_int(MOMENT_OPEN)));
	int r;
	while ((r = db_rows_next(rows, w->err)) == 1) {
		struct old_placement o = {.num = db_int(rows, 0)};
		o.now = found_by_key(w, db_text(rows, 2));
		if (o.now) {
			o.now->part_num = db_int(rows, 1);
			o.now->kept = true;
			note_place(&o, db_text(rows, 4), db_text(rows, 5));
			o.differs = part_differs(rows, 6, o.now);
		} else {
			o.key = xstrdup(db_text(rows, 2));
		}
		(void)str_copy(o.type, sizeof(o.type), db_text(rows, 3));
		(void)str_copy(o.slot, sizeof(o.slot), db_text(rows, 4));
		VEC_PUSH(old, o);
	}
	return r;
}

/* In place: nothing was moved, so the past is written with the better name, too. */
static int rename_placement(struct placing *w, const struct old_placement *o)
{
	return db_exec(w->db, w->err, "UPDATE placement SET slot = $2, attrs = $3 WHERE num = $1",
		       p_int(o->num), p_text(o->now->slot), p_text(o->now->attrs));
}

static int settle_old(struct placing *w, const struct old_placement *o)
{
	if (!o->now) {
		w->c->removed++;
		list_change(w, "removed", o->type, o->slot, o->key);
		return close_placement(w, o->num);
	}
	if (o->differs)
		TRY(part_update(w, o->now));
	if (o->renamed)
		return rename_placement(w, o);
	if (!o->moved)
		return 0;
	if (!str_eq(o->slot, o->now->slot) && !old_slots_renamed(o->slot, o->now)) {
		w->c->moved++;
		list_change(w, "moved", o->type, o->now->slot, o->now->key);
	} else if (!o->differs) {
		w->c->updated++;
		list_change(w, "updated", o->type, o->slot, o->now->key);
	}
	TRY(close_placement(w, o->num));
	return open_placement(w, o->now);
}

/* ---- arrivals -------------------------------------------------------------------------------- */

struct elsewhere {
	int64_t part_num; /* 0: the part was never seen */
	int64_t placement_num, host_num;
	int64_t seen_us;
	bool differs;
};

#define LOOK_AT_ONCE 32

static const char look_sql[] =
	"SELECT q.fru_key, q.num, p.num, p.host_num, s.seen_us, " PART_COMPARED
	" FROM part q LEFT JOIN placement p ON p.part_num = q.num AND p.until_us = $1 LEFT JOIN "
	"host_seen s ON s.host_num = p.host_num WHERE q.fru_key IN ($2, $3, $4, $5, $6, $7, $8, "
	"$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, "
	"$27, $28, $29, $30, $31, $32, $33)";

/* Up to LOOK_AT_ONCE parts by one statement: a host's first report has dozens. */
static int look_elsewhere(struct placing *w, const struct found_part *const *parts, size_t n,
			  struct elsewhere *ret)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	memset(ret, 0, n * sizeof(*ret));
	struct db_param params[1 + LOOK_AT_ONCE] = {p_int(MOMENT_OPEN)};
	for (size_t i = 1; i < ARRAY_LEN(params); i++)
		params[i] = p_text(parts[(i - 1) % n]->key);
	TRY(db_query_n(w->db, look_sql, params, ARRAY_LEN(params), &rows, w->err));
	while ((r = db_rows_next(rows, w->err)) == 1)
		for (size_t i = 0; i < n; i++)
			if (str_eq(db_text(rows, 0), parts[i]->key))
				ret[i] = (struct elsewhere){db_int(rows, 1), db_int(rows, 2),
							    db_int(rows, 3), db_int(rows, 4),
							    part_differs(rows, 5, parts[i])};
	return r;
}

static int take_from_host(struct placing *w, const struct found_part *p, const struct elsewhere *e)
{
	w->c->moved++;
	list_change(w, "moved", p->type, p->slot, p->key);
	TRY(close_placement(w, e->placement_num));
	autojson json_t *detail = json_pack("{s:s, s:s, s:s}", "type", p->type, "fru_id", p->key,
					    "slot", p->slot);
	struct event_draft draft = {e->host_num, "part.left", "agent",
				    "a part of this host was found in another", detail};
	return event_append(w->db, &draft, w->m->at_us, NULL, w->err);
}

/* e: where it was until now. */
static int arrive(struct placing *w, struct found_part *p, struct elsewhere e)
{
	bool alive = e.placement_num && e.host_num != w->host_num &&
		     w->m->at_us - e.seen_us < ALIVE_US;

	if (alive) {
		found_part_bind(p, w->host_num);
		list_change(w, "shared_serial", p->type, p->slot, p->key);
		TRY(look_elsewhere(w, (const struct found_part *[]){p}, 1, &e));
	}
	p->part_num = e.part_num;
	if (!e.part_num) {
		p->part_num = w->next_part++;
		TRY(part_insert(w->db, p, w->m->at_us, w->err));
	} else {
		if (e.differs)
			TRY(part_update(w, p));
		if (!e.placement_num)
			TRY(spare_used(w->db, p->part_num, w->host_num, w->m, w->err));
	}
	if (alive && e.placement_num) /* bound to us, and placed here already */
		return 0;
	if (e.placement_num) {
		TRY(take_from_host(w, p, &e));
	} else {
		w->c->added++;
		list_change(w, "added", p->type, p->slot, p->key);
	}
	return open_placement(w, p);
}

static int arrive_together(struct placing *w, struct found_part *const *parts, size_t n)
{
	struct elsewhere where[LOOK_AT_ONCE];

	TRY(look_elsewhere(w, (const struct found_part *const *)parts, n, where));
	for (size_t i = 0; i < n; i++)
		TRY(arrive(w, parts[i], where[i]));
	return 0;
}

static int arrivals(struct placing *w)
{
	struct found_part *group[LOOK_AT_ONCE];
	size_t n = 0;

	for (size_t i = 0; i < w->found->n; i++) {
		if (!w->found->items[i].kept)
			group[n++] = &w->found->items[i];
		if (n == LOOK_AT_ONCE) {
			TRY(arrive_together(w, group, n));
			n = 0;
		}
	}
	return n ? arrive_together(w, group, n) : 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	return strcmp((*(struct found_part *const *)a)->key, (*(struct found_part *const *)b)->key);
}

static int next_numbers(struct placing *w)
{
	TRY(part_next_num(w->db, &w->next_part, w->err));
	return db_query_int(w->db, w->err, &w->next_placement, 1,
			    "SELECT COALESCE(max(num), 0) + 1 FROM placement");
}

/* Placements bound to this host because their serial is shared: keep the binding while it is
 * placed. */
static int rebind_shared(struct placing *w)
{
	for (size_t i = 0; i < w->found->n; i++) {
		struct found_part *p = &w->found->items[i];
		if (p->bound)
			continue;
		struct elsewhere e;
		struct found_part copy = *p;
		copy.key = NULL;
		found_part_bind(&copy, w->host_num);
		int r = look_elsewhere(w, (const struct found_part *[]){&copy}, 1, &e);
		if (r < 0 || !e.placement_num || e.host_num != w->host_num) {
			free(copy.key);
			if (r < 0)
				return r;
			continue;
		}
		free(p->key);
		*p = copy;
	}
	return 0;
}

static int has_bound_twin(struct placing *w, bool *ret)
{
	int64_t n = 0;

	TRY(db_query_int(w->db, w->err, &n, 0,
			 "SELECT count(*) FROM placement p JOIN part q ON q.num = p.part_num WHERE "
			 "p.host_num = $1 AND p.until_us = $2 AND q.serial <> '' AND q.fru_key >= "
			 "(p.type || '.@') AND q.fru_key < (p.type || '.A')",
			 p_int(w->host_num), p_int(MOMENT_OPEN)));
	*ret = n > 0;
	return 0;
}

static int place(struct placing *w)
{
	bool twins = false;
	old_placements old = {0};

	TRY(next_numbers(w));
	TRY(old_slots_adopt(w->db, w->host_num, w->found, w->err));
	TRY(has_bound_twin(w, &twins));
	if (twins)
		TRY(rebind_shared(w));
	for (size_t i = 0; i < w->found->n; i++)
		w->by_key[i] = &w->found->items[i];
	qsort(w->by_key, w->found->n, sizeof(struct found_part *), by_key);
	int r = read_old(w, &old);
	for (size_t i = 0; i < old.n && r >= 0; i++)
		r = settle_old(w, &old.items[i]);
	for (size_t i = 0; i < old.n; i++)
		free(old.items[i].key);
	VEC_DONE(&old);
	return r < 0 ? r : arrivals(w);
}

int place_parts(struct db *db, int64_t host_num, found_parts *found, const struct moment *m,
		const struct parts_report *report, struct err *err)
{
	autofree struct found_part **by = xmalloc((found->n + 1) * sizeof(struct found_part *));
	struct placing w = {.db = db,
			    .host_num = host_num,
			    .m = m,
			    .c = report->counts,
			    .detail = report->lists,
			    .err = err,
			    .found = found,
			    .by_key = by};

	return place(&w);
}
