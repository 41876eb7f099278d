/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement: given which kinds of evidence a machine and a known host have in common and which
 * speak against each other, are they one? Pure; the first row that fits decides. Kinds that either
 * side does not have (placeholders, shared values) are in neither mask.
 */
#include "evidence.h"

#include <ctype.h>
#include <string.h>

#include <base/hw_id.h>
#include <base/str.h>

static const struct {
	const char *name;
	int weight;
} kinds[] = {
	[EVIDENCE_EK] = {"tpm_ek", 100},     [EVIDENCE_UUID] = {"uuid", 40},
	[EVIDENCE_SYSTEM] = {"serial", 40},  [EVIDENCE_BOARD] = {"board", 30},
	[EVIDENCE_CHASSIS] = {"chassis", 5}, /* blades share it */
	[EVIDENCE_MAC] = {"mac", 30},        [EVIDENCE_WWN] = {"wwn", 15},
	[EVIDENCE_DISK] = {"disk", 15},
};

const char *evidence_kind_str(enum evidence_kind k)
{
	return kinds[k].name;
}

enum evidence_kind evidence_kind_parse(const char *text)
{
	unsigned k = 0;

	while (k < _EVIDENCE_MAX && !str_eq(kinds[k].name, text))
		k++;
	return (enum evidence_kind)k;
}

int evidence_weight(enum evidence_kind k)
{
	return kinds[k].weight;
}

/* ---- the rules ------------------------------------------------------------------------------- */

#define EK     BIT(EVIDENCE_EK)
#define MAC    BIT(EVIDENCE_MAC)
#define BOARDS EVIDENCE_BOARDS
#define DISKS  EVIDENCE_DISKS
enum { ANY_SEEN, SEEN, NEVER_SEEN, SEEN_WITH_OWN_CARDS, SEEN_AS_ANOTHER };

static const struct {
	unsigned match_any;  /* one of these is common (0: no demand) */
	unsigned match_none; /* none of these is common */
	unsigned differ_any; /* one of these speaks against it (0: no demand) */
	int seen;
	enum relation relation;
	const char *why;
} rules[] = {
	{EK, 0, BOARDS, ANY_SEEN, RELATION_REVIEW, "same TPM, another board"},
	{EK, 0, 0, ANY_SEEN, RELATION_SAME, "same TPM"},
	{MAC, 0, EK, ANY_SEEN, RELATION_REVIEW, "same MAC, another TPM"},
	{DISKS, EK, BOARDS, SEEN_AS_ANOTHER, RELATION_REVIEW,
	 "same serial and disks, another board with other network cards"},
	{BOARDS, EK, BOARDS, SEEN_AS_ANOTHER, RELATION_SHARED,
	 "another board with serials and network cards of its own shows this value, too"},
	{MAC, BOARDS | DISKS, BOARDS, SEEN_WITH_OWN_CARDS, RELATION_SHARED,
	 "another board with network cards of its own shows this MAC, too"},
	{MAC, BOARDS, BOARDS, ANY_SEEN, RELATION_REVIEW,
	 "a network card of this host is in a machine with another board"},
	{MAC, BOARDS | DISKS, 0, SEEN_WITH_OWN_CARDS, RELATION_REVIEW,
	 "same MAC beside other network cards, and nothing else in common"},
	{MAC, 0, 0, ANY_SEEN, RELATION_SAME, "same MAC"},
	{BOARDS, 0, EK, SEEN, RELATION_CLONE, "same board evidence, another TPM"},
	{BOARDS, 0, MAC, NEVER_SEEN, RELATION_SAME, "announced serial, other MACs than announced"},
	{BOARDS | DISKS, BOARDS, 0, ANY_SEEN, RELATION_NONE, "only disks in common"},
	{DISKS, 0, MAC, ANY_SEEN, RELATION_SAME, "same board and disks, other network cards"},
	{BOARDS, 0, MAC, ANY_SEEN, RELATION_CLONE, "same board evidence, other MACs and disks"},
	{BOARDS, 0, DISKS, SEEN, RELATION_SAME, "same board, other disks"},
	{BOARDS, 0, 0, ANY_SEEN, RELATION_SAME, "same board evidence"},
};

/* One value of the board in common, but two that are not, and network cards of its own: a UUID or a
 * serial that a vendor gave to several boards. Nodes of one chassis often have no serial of the board: two UUIDs
 * beside the chassis' serial, which each shows as its own, are two boards, too. */
static bool is_another(const struct candidate *c)
{
	unsigned common = c->matched & BOARDS, apart = c->differs & BOARDS;
	bool node = common == BIT(EVIDENCE_SYSTEM) && apart == BIT(EVIDENCE_UUID) &&
		    (c->matched & BIT(EVIDENCE_CHASSIS));

	return __builtin_popcount(common) == 1 && (node || __builtin_popcount(apart) >= 2) &&
	       ((c->differs & MAC) || c->own_cards);
}

static bool seen_fits(int wanted, const struct candidate *c)
{
	switch (wanted) {
	case SEEN:
		return c->seen;
	case NEVER_SEEN:
		return !c->seen;
	case SEEN_WITH_OWN_CARDS:
		return c->seen && c->own_cards;
	case SEEN_AS_ANOTHER:
		return c->seen && is_another(c);
	default:
		return true;
	}
}

struct judgement identity_judge(const struct candidate *c)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (rules[i].match_any && !(c->matched & rules[i].match_any))
			continue;
		if (c->matched & rules[i].match_none)
			continue;
		if (rules[i].differ_any && !(c->differs & rules[i].differ_any))
			continue;
		if (!seen_fits(rules[i].seen, c))
			continue;
		return (struct judgement){rules[i].relation, rules[i].why, rules[i].match_any};
	}
	return (struct judgement){RELATION_NONE, "nothing in common", 0};
}

/* ---- folding --------------------------------------------------------------------------------- */

void evidence_fold_uuid(const char *uuid, char ret[static 37])
{
	uint8_t bytes[UUID_BYTES] = {0};
	char swapped[UUID_TEXT_BYTES];

	BUG_ON(!hw_uuid_bytes(sv_trim(sv_of(uuid)), UUID_DASHED, bytes));
	hw_uuid_print(bytes, ret);
	hw_uuid_swap_fields(bytes);
	hw_uuid_print(bytes, swapped);
	if (strcmp(swapped, ret) < 0)
		memcpy(ret, swapped, sizeof(swapped));
}

static void fold_text(const char *text, bool lower, char *ret, size_t ret_bytes)
{
	struct sv t = sv_trim(sv_of(text));
	size_t n = t.n < ret_bytes - 1 ? t.n : ret_bytes - 1;

	for (size_t i = 0; i < n; i++)
		ret[i] = lower ? (char)tolower((unsigned char)t.p[i]) : t.p[i];
	ret[n] = '\0';
}

static void add_item(struct evidence_set *s, enum evidence_kind kind, const char *text)
{
	struct evidence_item item = {.kind = kind};

	if (kind == EVIDENCE_UUID  ? placeholder_uuid(text)
	    : kind == EVIDENCE_MAC ? placeholder_mac(text)
				   : placeholder_serial(text))
		return;
	if (kind == EVIDENCE_UUID)
		evidence_fold_uuid(sv_trim(sv_of(text)).p, item.value);
	else
		fold_text(text, kind == EVIDENCE_MAC || kind == EVIDENCE_EK || kind == EVIDENCE_WWN,
			  item.value, sizeof(item.value));
	for (size_t i = 0; i < s->items.n; i++)
		if (s->items.items[i].kind == kind && str_eq(s->items.items[i].value, item.value))
			return;
	VEC_PUSH(&s->items, item);
}

int evidence_set_from(const struct host_evidence *e, struct evidence_set *ret, struct err *err)
{
	if (e->n_macs > EVIDENCE_ITEMS_MAX || e->n_disks > EVIDENCE_ITEMS_MAX / 2)
		return err_set(err, ERR_TOO_BIG, "%zu MACs and %zu disks are more than a host has",
			       e->n_macs, e->n_disks);
	*ret = (struct evidence_set){0};
	add_item(ret, EVIDENCE_EK, e->tpm_ek_sha256);
	add_item(ret, EVIDENCE_UUID, e->smbios_uuid);
	add_item(ret, EVIDENCE_SYSTEM, e->system_serial);
	add_item(ret, EVIDENCE_BOARD, e->board_serial);
	add_item(ret, EVIDENCE_CHASSIS, e->chassis_serial);
	for (size_t i = 0; i < e->n_macs; i++)
		add_item(ret, EVIDENCE_MAC, e->macs[i]);
	for (size_t i = 0; i < e->n_disks; i++) {
		add_item(ret, EVIDENCE_WWN, e->disks[i].wwn);
		add_item(ret, EVIDENCE_DISK, e->disks[i].serial);
	}
	return 0;
}

void evidence_set_done(struct evidence_set *s)
{
	VEC_DONE(&s->items);
}

bool evidence_set_has(const struct evidence_set *s, enum evidence_kind kind, const char *value)
{
	for (size_t i = 0; i < s->items.n; i++)
		if (s->items.items[i].kind == kind && str_eq(s->items.items[i].value, value))
			return true;
	return false;
}

unsigned evidence_set_kinds(const struct evidence_set *s)
{
	unsigned bits = 0;

	for (size_t i = 0; i < s->items.n; i++)
		if (!s->items.items[i].shared)
			bits |= BIT(s->items.items[i].kind);
	return bits;
}
