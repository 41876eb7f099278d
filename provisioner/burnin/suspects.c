/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parts a symptom may mean, and how sure that is; see component.h. A memory controller's
 * counter is narrowed step by step: a name that the board itself uses, then socket, channel and
 * slot, each only as far as kernel and board agree on what they count.
 */
#include <burnin/component.h>

#include <ctype.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

const char *certainty_str(enum certainty certainty)
{
	static const char *const names[_CERTAINTY_MAX] = {"unknown", "certain", "likely", "one-of"};

	return certainty < _CERTAINTY_MAX ? names[certainty] : "unknown";
}

static void add(struct suspects *s, const struct component *c)
{
	s->n_all++;
	if (s->n < SUSPECTS_MAX)
		s->parts[s->n++] = c;
	s->certainty = s->n_all == 1 ? CERTAINTY_CERTAIN : CERTAINTY_ONE_OF;
}

void suspects_one(const struct component *part, enum component_kind kind, struct suspects *ret)
{
	*ret = (struct suspects){.kind = part ? part->kind : kind};
	if (part)
		add(ret, part);
}

void suspects_fitting(const component_list *list, enum component_kind kind,
		      bool (*fits)(const void *arg, const struct component *c), const void *arg,
		      struct suspects *ret)
{
	*ret = (struct suspects){.kind = kind};
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].kind == kind && (!fits || fits(arg, &list->items[i])))
			add(ret, &list->items[i]);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static bool answers_for(const void *arg, const struct component *c)
{
	const uint64_t *address = arg;

	for (size_t i = 0; i < c->n_ranges; i++)
		if (*address >= c->ranges[i].first && *address <= c->ranges[i].last)
			return true;
	return false;
}

void suspects_at(const component_list *list, const uint64_t *address, struct suspects *ret)
{
	if (address)
		suspects_fitting(list, COMPONENT_DIMM, answers_for, address, ret);
	if (!address || !ret->n_all)
		suspects_fitting(list, COMPONENT_DIMM, NULL, NULL, ret);
}

void suspects_narrow_at(const component_list *list, uint64_t address, struct suspects *s)
{
	struct suspects mapped;

	suspects_at(list, &address, &mapped);
	if (mapped.n_all < s->n_all)
		*s = mapped;
}

/* Letters and digits alone count: firmware and SMBIOS differ in blanks and dashes. */
static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a && !isalnum((unsigned char)*a))
			a++;
		while (*b && !isalnum((unsigned char)*b))
			b++;
		if (!*a || !*b)
			return !*a && !*b;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
	}
}

static bool is_name_of(const char *name, const struct component *c)
{
	char both[sizeof(c->bank) + sizeof(c->locator) + 1];

	/* HW: ghes_edac writes bank and device locator, one after the other. */
	text_print(both, sizeof(both), "%s %s", c->bank, c->locator);
	return *name && (same_name(name, c->location) || same_name(name, c->locator) ||
			 same_name(name, both));
}

static bool is_named(const void *arg, const struct component *c)
{
	const struct edac_place *e = arg;

	return is_name_of(e->label, c);
}

static bool is_called(const void *arg, const struct component *c)
{
	return is_name_of(arg, c);
}

static bool is_numbered(const void *arg, const struct component *c)
{
	const struct edac_place *e = arg;

	return e->device_number && c->device_number == e->device_number;
}

/* Keep those whose value is the wanted one. Nothing changes where one of them has none, or where
 * nobody would be left: then kernel and board count differently. Returns whether it could tell. */
static bool narrow(struct suspects *s, int wanted, int (*value)(const struct component *c))
{
	struct suspects kept = {.kind = s->kind};

	if (wanted == DIMM_UNKNOWN || s->n != s->n_all)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		int v = value(s->parts[i]);

		if (v == DIMM_UNKNOWN)
			return false;
		if (v == wanted)
			add(&kept, s->parts[i]);
	}
	if (kept.n == 0)
		return false;
	*s = kept;
	return true;
}

static int socket_of(const struct component *c)
{
	return c->place.socket;
}

static int channel_of(const struct component *c)
{
	return c->place.channel;
}

static int slot_of(const struct component *c)
{
	return c->place.slot;
}

static int count(const component_list *list, enum component_kind kind)
{
	int n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->items[i].kind == kind;
	return n;
}

/* A driver with one controller for each socket numbers them as sockets. HW: amd64_edac has one for
 * each node, and numbers nodes through the sockets. */
static int kernel_socket(const component_list *list, const struct edac_place *e)
{
	int n_sockets = count(list, COMPONENT_CPU);

	if (e->place.socket != DIMM_UNKNOWN)
		return e->place.socket;
	if (n_sockets == 1)
		return 0;
	if (e->amd && n_sockets && e->n_controllers > n_sockets &&
	    e->n_controllers % n_sockets == 0)
		return e->place.controller / (e->n_controllers / n_sockets);
	return !e->place.per_socket && n_sockets && e->n_controllers == n_sockets
		       ? e->place.controller
		       : DIMM_UNKNOWN;
}

/* The channel as boards count it: through all controllers of a socket. HW: on AMD's servers the
 * order of channels and of the board's letters has nothing in common, so more than two stay open. */
static int board_channel(const component_list *list, const struct edac_place *e)
{
	int n_sockets = count(list, COMPONENT_CPU);
	bool one_each = !e->place.per_socket && n_sockets > 0 && e->n_controllers == n_sockets;

	if (e->place.channel == DIMM_UNKNOWN || (e->amd && e->n_channels > 2))
		return DIMM_UNKNOWN;
	if (e->place.controller <= 0 || one_each)
		return e->place.controller == 0 || one_each ? e->place.channel : DIMM_UNKNOWN;
	return e->n_channels > 0 && (e->place.per_socket || n_sockets == 1)
		       ? e->place.controller * e->n_channels + e->place.channel
		       : DIMM_UNKNOWN;
}

static int kernel_slot(const struct edac_place *e)
{
	if (e->place.slot != DIMM_UNKNOWN)
		return e->place.slot;
	return e->amd && e->place.csrow != DIMM_UNKNOWN ? e->place.csrow / 2 : DIMM_UNKNOWN;
}

void suspects_named(const component_list *list, enum component_kind kind, const char *name,
		    struct suspects *ret)
{
	suspects_fitting(list, kind, is_called, name, ret);
}

void suspects_of_edac(const component_list *list, const struct edac_place *edac,
		      struct suspects *ret)
{
	suspects_fitting(list, COMPONENT_DIMM, is_named, edac, ret);
	if (ret->n_all != 1) {
		struct suspects numbered;

		suspects_fitting(list, COMPONENT_DIMM, is_numbered, edac, &numbered);
		if (numbered.n_all == 1)
			*ret = numbered;
	}
	if (ret->n_all)
		return;
	suspects_fitting(list, COMPONENT_DIMM, NULL, NULL, ret);
	if (ret->n_all < 2)
		return;
	(void)narrow(ret, kernel_socket(list, edac), socket_of);
	if (ret->n_all < 2)
		return;
	/* From here on the order of slots is what boards usually have, not what this one reports. */
	(void)narrow(ret, board_channel(list, edac), channel_of);
	(void)narrow(ret, kernel_slot(edac), slot_of);
	if (ret->n_all == 1)
		ret->certainty = CERTAINTY_LIKELY;
}
