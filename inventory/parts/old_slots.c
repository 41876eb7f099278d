/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of older versions; see old_slots.h. A drive without a serial is recognised by the key that
 * it would have had in its old slot; of several that fit, one of the stored capacity comes first.
 * Input: keys and texts from machines, bound.
 */
#include "old_slots.h"

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>

#include "../hosts/history.h"
#include "slot.h"

bool old_slots_renamed(const char *old_slot, const struct found_part *now)
{
	return slot_is_kernel_name(now->type, old_slot) ||
	       (now->locator[0] && str_eq(now->locator, old_slot));
}

static json_t *without_names(const char *text)
{
	struct err ignored = ERR_INIT;
	json_t *j = NULL;

	if (!text || json_load_strict(text, strlen(text), LIMIT_FACTS_BYTES, &j, &ignored) < 0)
		return json_object();
	(void)json_object_del(j, "Name");
	return j;
}

bool old_slots_same_attrs(const char *a, const char *b)
{
	if (str_eq(a ? a : "", b ? b : ""))
		return true;
	autojson json_t *x = without_names(a);
	autojson json_t *y = without_names(b);
	return json_equal(x, y);
}

/* ---- parts whose key holds the slot ---------------------------------------------------------- */

struct old_part {
	int64_t num, capacity_bytes;
	char *key, *slot, *type;
};
typedef VEC(struct old_part) old_parts;

static void old_parts_done(old_parts *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].key);
		free(list->items[i].slot);
		free(list->items[i].type);
	}
	VEC_DONE(list);
}

static int list_bound(struct db *db, int64_t host_num, old_parts *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT q.num, q.fru_key, p.slot, p.type, COALESCE(q.capacity_bytes, -1) FROM "
		     "placement p JOIN part q ON q.num = p.part_num WHERE p.host_num = $1 AND "
		     "p.until_us = $2 AND p.type IN ('drive', 'nic', 'memory') AND q.fru_key >= "
		     "(p.type || '.@') AND q.fru_key < (p.type || '.A') ORDER BY q.fru_key",
		     p_int(host_num), p_int(MOMENT_OPEN)));
	while ((r = db_rows_next(rows, err)) == 1) {
		struct old_part o = {.num = db_int(rows, 0),
				     .key = xstrdup(db_text(rows, 1)),
				     .slot = xstrdup(db_text(rows, 2)),
				     .type = xstrdup(db_text(rows, 3)),
				     .capacity_bytes = db_int(rows, 4)};
		VEC_PUSH(ret, o);
	}
	return r;
}

/* The key that the part would have in that slot. owns: the caller frees it. */
static char *key_in(const struct found_part *p, const char *slot, int64_t host_num)
{
	struct found_part copy = *p;

	copy.key = NULL;
	copy.slot = slot;
	found_part_bind(&copy, host_num);
	return copy.key;
}

/* Twins have "#2" and so on behind their key. */
static bool is_key(const char *stored, const char *key)
{
	size_t n = strlen(key);

	return strncmp(stored, key, n) == 0 && (stored[n] == '\0' || stored[n] == '#');
}

static bool fits(const struct old_part *o, const struct found_part *p, int64_t host_num)
{
	if (!str_eq(p->type, o->type) || str_eq(p->slot, o->slot) || !old_slots_renamed(o->slot, p))
		return false;
	autofree char *was = key_in(p, o->slot, host_num);
	return is_key(o->key, was);
}

static const struct found_part *heir(const struct old_part *o, const found_parts *found,
				     const bool *taken, int64_t host_num)
{
	const struct found_part *any = NULL;

	for (size_t i = 0; i < found->n; i++) {
		const struct found_part *p = &found->items[i];
		if (taken[i] || !fits(o, p, host_num))
			continue;
		if (p->capacity_bytes == o->capacity_bytes)
			return p;
		any = any ? any : p;
	}
	return any;
}

/* A key that a part already has, from a visit of a newer version, stays that part's. */
static int rewrite_key(struct db *db, const struct old_part *o, const char *key, struct err *err)
{
	return db_exec(db, err,
		       "UPDATE part SET fru_key = $2 WHERE num = $1 AND NOT EXISTS (SELECT 1 FROM "
		       "part WHERE fru_key = $2)",
		       p_int(o->num), p_text(key));
}

static int adopt(struct db *db, int64_t host_num, const old_parts *old, const found_parts *found,
		 struct err *err)
{
	autofree bool *taken = xcalloc(found->n + 1, sizeof(bool));

	for (size_t i = 0; i < old->n; i++) {
		const struct found_part *p = heir(&old->items[i], found, taken, host_num);
		if (!p)
			continue;
		taken[p - found->items] = true;
		autofree char *bound = key_in(p, p->slot, host_num);
		TRY(rewrite_key(db, &old->items[i], p->bound ? p->key : bound, err));
	}
	return 0;
}

int old_slots_adopt(struct db *db, int64_t host_num, const found_parts *found, struct err *err)
{
	old_parts old = {0};
	int r = list_bound(db, host_num, &old, err);

	if (r >= 0)
		r = adopt(db, host_num, &old, found, err);
	old_parts_done(&old);
	return r;
}
