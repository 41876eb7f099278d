/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing the parts of two moments; see repair.h. Input: facts documents, whose texts are a
 * machine's.
 */
#include <burnin/repair.h>

#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define KEYS_MAX 4

/* Where the facts hold the parts of a kind, and under which names. The first key that is there
 * counts: a disk without a slot has its kernel name, which is not a place. */
static const struct part_list {
	enum component_kind kind;
	const char *in, *list; /* in: "" for the document itself */
	const char *place;
	const char *serials[KEYS_MAX];
} lists[] = {
	{COMPONENT_SYSTEM, "", "system", NULL, {"SerialNumber"}},
	{COMPONENT_BOARD, "", "board", NULL, {"SerialNumber"}},
	{COMPONENT_CPU, "", "processors", "Socket", {"SerialNumber"}},
	{COMPONENT_DIMM, "memory", "modules", "Slot", {"SerialNumber"}},
	{COMPONENT_DISK, "", "drives", "Slot", {"SerialNumber", "WWN"}},
	{COMPONENT_NIC, "", "nics", "PciAddress", {"PermanentMACAddress", "MACAddress"}},
	{COMPONENT_BOARD, "", "bmc", NULL, {"MACAddress"}},
};

static const char *const firmware_keys[] = {"Revision", "FirmwareVersion", "BiosVersion",
					    "Firmware"};

static const char *text_at(const json_t *obj, const char *key)
{
	const char *text = key ? json_string_value(json_object_get(obj, key)) : NULL;

	return text ? text : "";
}

static const json_t *list_in(const json_t *facts, const struct part_list *l)
{
	const json_t *in = l->in[0] ? json_object_get(facts, l->in) : facts;

	return json_object_get(in, l->list);
}

/* The parts of a list; a list of one is the object itself. */
static size_t n_parts(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : json_is_object(list);
}

static const json_t *part_at(const json_t *list, size_t i)
{
	return json_is_array(list) ? json_array_get(list, i) : list;
}

/* A stick that somebody left in is not a part of the host. */
static bool counts(const json_t *part)
{
	return !json_is_true(json_object_get(part, "Removable"));
}

static bool has_serial(const struct part_list *l, const json_t *part, const char *serial)
{
	for (size_t i = 0; i < KEYS_MAX && l->serials[i]; i++)
		if (serial[0] && str_eq(text_at(part, l->serials[i]), serial))
			return true;
	return false;
}

static const char *serial_of(const struct part_list *l, const json_t *part)
{
	for (size_t i = 0; i < KEYS_MAX && l->serials[i]; i++)
		if (text_at(part, l->serials[i])[0])
			return text_at(part, l->serials[i]);
	return "";
}

/* The place of a memory module of a report without slots is its locator. */
static const char *place_of(const struct part_list *l, const json_t *part)
{
	const char *place = text_at(part, l->place);

	return place[0] || l->kind != COMPONENT_DIMM ? place : text_at(part, "DeviceLocator");
}

static const json_t *by_serial(const json_t *facts, const struct part_list *l, const char *serial)
{
	const json_t *list = list_in(facts, l);

	for (size_t i = 0; i < n_parts(list); i++)
		if (has_serial(l, part_at(list, i), serial))
			return part_at(list, i);
	return NULL;
}

static const json_t *by_place(const json_t *facts, const struct part_list *l, const char *place)
{
	const json_t *list = list_in(facts, l);

	for (size_t i = 0; i < n_parts(list) && place[0]; i++)
		if (str_eq(place_of(l, part_at(list, i)), place))
			return part_at(list, i);
	return NULL;
}

unsigned repair_kind(const char *name)
{
	for (int k = 0; k < _COMPONENT_KIND_MAX; k++)
		if (str_eq(component_kind_str((enum component_kind)k), name))
			return REPAIR_KIND(k);
	return 0;
}

static const struct part_list *list_of(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].place && str_eq(component_kind_str(lists[i].kind), kind))
			return &lists[i];
	return NULL;
}

bool repair_has_serial(const json_t *facts, const char *serial)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (by_serial(facts, &lists[i], serial))
			return true;
	return false;
}

/* Some vendors write the same serial into every part: it names none of them. */
static bool names_one(const json_t *facts, const struct part_list *l, const char *serial)
{
	const json_t *list = list_in(facts, l);
	size_t n = 0;

	for (size_t i = 0; i < n_parts(list); i++)
		n += has_serial(l, part_at(list, i), serial);
	return n < 2;
}

/* ---- one part -------------------------------------------------------------------------------- */

static void found(struct repair_found *ret, enum repair_look look, const char *slot,
		  const char *serial)
{
	ret->look = look;
	(void)text_fit(ret->slot, sizeof(ret->slot), slot);
	(void)text_fit(ret->serial, sizeof(ret->serial), serial);
}

/* A part of that kind which was not there then, where the facts know no places. */
static const json_t *newcomer(const json_t *then, const json_t *now, const struct part_list *l)
{
	const json_t *list = list_in(now, l);

	for (size_t i = 0; i < n_parts(list); i++) {
		const char *serial = serial_of(l, part_at(list, i));

		if (serial[0] && !by_serial(then, l, serial))
			return part_at(list, i);
	}
	return NULL;
}

static void look_for_serial(const json_t *then, const json_t *now, const struct part_list *l,
			    const struct repair_part *p, struct repair_found *ret)
{
	const json_t *old = by_serial(then, l, p->serial), *still = by_serial(now, l, p->serial);
	const char *place = old ? place_of(l, old) : p->slot;

	if (still) {
		bool elsewhere = place[0] && place_of(l, still)[0] &&
				 !str_eq(place_of(l, still), place);
		found(ret, elsewhere ? REPAIR_MOVED : REPAIR_SAME,
		      elsewhere ? place_of(l, still) : "", "");
		return;
	}
	const json_t *new_one = place[0] ? by_place(now, l, place)
				: old    ? newcomer(then, now, l)
					 : NULL;
	if (new_one && serial_of(l, new_one)[0])
		found(ret, REPAIR_SWAPPED, place, serial_of(l, new_one));
	else if (old && !new_one)
		found(ret, REPAIR_GONE, "", "");
}

/* One of several is to blame: was any of them replaced or moved? */
static void look_at_kind(const json_t *then, const json_t *now, const struct part_list *l,
			 struct repair_found *ret)
{
	const json_t *list = list_in(then, l), *new_one = newcomer(then, now, l);
	bool all_known = n_parts(list) > 0, moved = false;

	for (size_t i = 0; i < n_parts(list); i++) {
		const json_t *part = part_at(list, i);
		const json_t *still = by_serial(now, l, serial_of(l, part));

		all_known &= serial_of(l, part)[0] != '\0';
		moved |= still && !str_eq(place_of(l, still), place_of(l, part));
	}
	if (new_one)
		found(ret, REPAIR_SWAPPED, place_of(l, new_one), serial_of(l, new_one));
	else if (moved)
		found(ret, REPAIR_MOVED, "", "");
	else if (all_known)
		found(ret, REPAIR_SAME, "", "");
}

void repair_look(const json_t *then, const json_t *now, const struct repair_part *part,
		 struct repair_found *ret)
{
	const struct part_list *l = list_of(part->kind);

	*ret = (struct repair_found){.look = REPAIR_UNKNOWN};
	if (!l || !then || !now)
		return;
	if (!part->serial[0])
		look_at_kind(then, now, l, ret);
	else if (names_one(then, l, part->serial) && names_one(now, l, part->serial))
		look_for_serial(then, now, l, part, ret);
}

/* ---- all parts ------------------------------------------------------------------------------- */

static void add_line(const struct part_list *l, const json_t *part, json_t *lines)
{
	struct str line;

	str_init(&line, 4096);
	for (size_t i = 0; i < KEYS_MAX && l->serials[i]; i++)
		str_addf(&line, "%s\t", text_at(part, l->serials[i]));
	for (size_t i = 0; i < ARRAY_LEN(firmware_keys); i++)
		str_addf(&line, "%s\t", text_at(part, firmware_keys[i]));
	json_array_append_new(lines, json_string_of(line.p));
	str_done(&line);
}

static void add_lines(const json_t *facts, const struct part_list *l, json_t *lines)
{
	const json_t *list = list_in(facts, l);

	for (size_t i = 0; i < n_parts(list); i++)
		if (counts(part_at(list, i)))
			add_line(l, part_at(list, i), lines);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of disks and cards change their order between boots. */
static json_t *sorted(const json_t *lines)
{
	size_t n = json_array_size(lines);
	autofree const char **texts = xcalloc(n + 1, sizeof(*texts));
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++)
		texts[i] = json_string_value(json_array_get(lines, i));
	qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_string(texts[i]));
	return out;
}

json_t *repair_part_lines(const json_t *facts)
{
	autojson json_t *lines = json_array();

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		add_lines(facts, &lists[i], lines);
	return sorted(lines);
}

bool repair_others_changed(const json_t *then, const json_t *now, unsigned kinds)
{
	bool same = true;

	for (size_t i = 0; i < ARRAY_LEN(lists) && same; i++) {
		autojson json_t *before = json_array(), *after = json_array();

		if (kinds & REPAIR_KIND(lists[i].kind))
			continue;
		add_lines(then, &lists[i], before);
		add_lines(now, &lists[i], after);
		autojson json_t *a = sorted(before), *b = sorted(after);
		same = json_equal(a, b);
	}
	return !same;
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* A part and what stands next to it: a fault of one may have been the other's. */
#define K(kind) REPAIR_KIND(COMPONENT_##kind)
static const unsigned neighbours[_COMPONENT_KIND_MAX] = {
	[COMPONENT_SYSTEM] = ~0U,  [COMPONENT_BOARD] = ~0U,   [COMPONENT_CPU] = K(DIMM),
	[COMPONENT_DIMM] = K(CPU), [COMPONENT_DISK] = K(PCI), [COMPONENT_NIC] = K(PCI),
	[COMPONENT_PCI] = K(NIC),
};
#undef K

static unsigned with_neighbours(unsigned kinds)
{
	unsigned all = kinds;

	for (int k = 0; k < _COMPONENT_KIND_MAX; k++)
		if (kinds & REPAIR_KIND(k))
			all |= neighbours[k];
	return all;
}

/* A test that names no part, or one that we do not know, may be about any. */
static bool concerns(const struct catalogue_test *test, unsigned kinds)
{
	bool any = !test->loads[0];

	for (size_t i = 0; test->loads[i]; i++) {
		unsigned kind = repair_kind(test->loads[i]);

		any |= !kind || (kind & kinds);
	}
	return any;
}

static int64_t sum_of(const struct planned_test *tests, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += tests[i].seconds;
	return sum;
}

size_t repair_tests(const struct planned_test *tests, size_t n, unsigned kinds,
		    struct planned_test *ret)
{
	int64_t room = sum_of(tests, n) / RETEST_SHARE, chosen;
	unsigned near_kinds = with_neighbours(kinds);
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (concerns(tests[i].test, near_kinds))
			ret[m++] = tests[i];
	chosen = sum_of(ret, m);
	for (size_t i = 0; i < m && chosen > room; i++) {
		int64_t share = (int64_t)((double)ret[i].seconds * (double)room / (double)chosen);

		/* 0 would mean: as long as it takes */
		ret[i].seconds = ret[i].seconds && !share ? 1 : share;
	}
	return m;
}
