/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs each part that a SKU wants with one that the host has; see compare_parts.h. Parts with a
 * slot on both sides are paired by it first; a part whose slot is not known is then paired with what
 * is left of its kind, the most closely described first, so that a vague row takes nobody's part.
 * Input: stored documents of checked shape.
 */
#include "compare_parts.h"

#include <stdbool.h>

#include <base/cleanup.h>
#include <base/str.h>

#include "../parts/slot.h"

void compare_parts_differ(json_t *out, const struct part_difference *d)
{
	json_t *j = json_pack("{s:s, s:s}", "what", d->what, "type", d->type);

	if (d->slot && d->slot[0])
		(void)json_object_set_new(j, "slot", json_string(d->slot));
	if (d->field)
		(void)json_object_set_new(j, "field", json_string(d->field));
	if (d->expected)
		(void)json_object_set(j, "expected", d->expected);
	if (d->found)
		(void)json_object_set(j, "found", d->found);
	(void)json_array_append_new(out, j);
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static const char *slot_of(const json_t *part)
{
	return text_of(part, "slot");
}

/* ---- is it the part? ------------------------------------------------------------------------- */

/* The firmware stands last: it does not make another kind of part. */
static const char *const part_fields[] = {"Manufacturer", "PartNumber",    "Model",
					  "CapacityMiB",  "CapacityBytes", "FirmwareVersion"};
#define KIND_FIELDS (ARRAY_LEN(part_fields) - 1)

/* The firmware or the kernel does not tell every size: such a part may be the right one. */
static bool size_is_unknown(const char *field, const json_t *found)
{
	return !found && str_starts(field, "Capacity");
}

static bool same_fields(const json_t *want, const json_t *have, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *w = json_object_get(want, part_fields[i]);
		json_t *h = json_object_get(have, part_fields[i]);
		if (w && !json_equal(w, h) && !size_is_unknown(part_fields[i], h))
			return false;
	}
	return true;
}

static size_t n_fields(const json_t *want)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(part_fields); i++)
		n += json_object_get(want, part_fields[i]) != NULL;
	return n;
}

static bool by_slot(const json_t *want, const json_t *have)
{
	return slot_of(want)[0] && str_eq(slot_of(want), slot_of(have));
}

/* SKUs learnt before slots of memory had the bank's name in front. */
static bool by_locator(const json_t *want, const json_t *have)
{
	return slot_has_locator(text_of(want, "type"), slot_of(have), slot_of(want)) ||
	       slot_has_locator(text_of(want, "type"), slot_of(want), slot_of(have));
}

static bool slot_unknown(const json_t *want, const json_t *have)
{
	return !slot_of(want)[0] || !slot_of(have)[0];
}

static bool by_all_fields(const json_t *want, const json_t *have)
{
	return slot_unknown(want, have) && same_fields(want, have, ARRAY_LEN(part_fields));
}

static bool by_kind(const json_t *want, const json_t *have)
{
	return slot_unknown(want, have) && same_fields(want, have, KIND_FIELDS);
}

/* What is missing in one slot and extra in another is one move. */
static bool by_move(const json_t *want, const json_t *have)
{
	return !slot_unknown(want, have) && same_fields(want, have, KIND_FIELDS);
}

/* ---- pairing --------------------------------------------------------------------------------- */

typedef bool (*fits_fn)(const json_t *want, const json_t *have);

struct pairing {
	json_t *want, *have;
	json_t **pair; /* for each wanted part what was found, or NULL; views */
	bool *taken;   /* for each found part */
	bool *moved;   /* for each wanted part */
};

static json_t *take(const struct pairing *p, const json_t *want, fits_fn fits)
{
	size_t i;
	json_t *have;

	json_array_foreach (p->have, i, have) {
		if (p->taken[i] || !str_eq(text_of(want, "type"), text_of(have, "type")) ||
		    !fits(want, have))
			continue;
		p->taken[i] = true;
		return have;
	}
	return NULL;
}

/* Pair those of the wanted parts that say `named` fields. */
static void pair_some(struct pairing *p, fits_fn fits, size_t named)
{
	size_t i;
	json_t *want;

	json_array_foreach (p->want, i, want) {
		if (p->pair[i] || n_fields(want) != named)
			continue;
		p->pair[i] = take(p, want, fits);
		p->moved[i] = p->pair[i] && fits == by_move;
	}
}

static void pair_all(struct pairing *p)
{
	static const fits_fn rounds[] = {by_slot, by_locator, by_all_fields, by_kind, by_move};

	for (size_t r = 0; r < ARRAY_LEN(rounds); r++)
		for (size_t named = ARRAY_LEN(part_fields) + 1; named-- > 0;)
			pair_some(p, rounds[r], named);
}

/* ---- differences ----------------------------------------------------------------------------- */

static void compare_pair(const json_t *want, const json_t *have, json_t *out)
{
	const char *slot = slot_of(have)[0] ? slot_of(have) : slot_of(want);

	for (size_t i = 0; i < ARRAY_LEN(part_fields); i++) {
		json_t *w = json_object_get(want, part_fields[i]);
		json_t *h = json_object_get(have, part_fields[i]);
		bool unknown = size_is_unknown(part_fields[i], h);
		if (w && !json_equal(w, h))
			compare_parts_differ(out, &(struct part_difference){
							  .what = unknown ? "unknown" : "wrong",
							  .type = text_of(want, "type"),
							  .slot = slot,
							  .field = part_fields[i],
							  .expected = w,
							  .found = h});
	}
}

static void add_difference(const struct pairing *p, size_t i, json_t *out)
{
	json_t *want = json_array_get(p->want, i), *have = p->pair[i];
	struct part_difference d = {
		.what = "missing", .type = text_of(want, "type"), .slot = slot_of(want)};

	if (have && !p->moved[i]) {
		compare_pair(want, have, out);
		return;
	}
	d.expected = want;
	if (have) {
		d.what = "moved";
		d.field = "slot";
		d.expected = json_object_get(want, "slot");
		d.found = json_object_get(have, "slot");
	}
	compare_parts_differ(out, &d);
}

void compare_parts_forget_kernel_names(json_t *parts)
{
	size_t i;
	json_t *part;

	json_array_foreach (parts, i, part)
		if (slot_is_kernel_name(text_of(part, "type"), text_of(part, "slot")))
			(void)json_object_del(part, "slot");
}

void compare_parts(json_t *want, json_t *have, json_t *out)
{
	size_t n_want = json_array_size(want), n_have = json_array_size(have), i;
	autofree json_t **pair = xcalloc(n_want + 1, sizeof(json_t *));
	autofree bool *moved = xcalloc(n_want + 1, sizeof(bool));
	autofree bool *taken = xcalloc(n_have + 1, sizeof(bool));
	struct pairing p = {want, have, pair, taken, moved};
	json_t *extra;

	pair_all(&p);
	for (i = 0; i < n_want; i++)
		add_difference(&p, i, out);
	json_array_foreach (have, i, extra)
		if (!taken[i])
			compare_parts_differ(
				out, &(struct part_difference){.what = "extra",
							       .type = text_of(extra, "type"),
							       .slot = slot_of(extra),
							       .found = extra});
}
