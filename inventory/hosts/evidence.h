/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence in the form that is stored and compared: (kind, value) with placeholders dropped and
 * values folded. And the pure judgement over it. Private to the room.
 */
#ifndef INVENTORY_EVIDENCE_H
#define INVENTORY_EVIDENCE_H

#include <base/vec.h>
#include <base/err.h>
#include <inventory/identity.h>

enum evidence_kind {
	EVIDENCE_EK,
	EVIDENCE_UUID,
	EVIDENCE_SYSTEM,
	EVIDENCE_BOARD,
	EVIDENCE_CHASSIS,
	EVIDENCE_MAC,
	EVIDENCE_WWN,
	EVIDENCE_DISK,
	_EVIDENCE_MAX
};
const char *evidence_kind_str(enum evidence_kind k);
enum evidence_kind evidence_kind_parse(const char *text); /* _EVIDENCE_MAX: none */
int evidence_weight(enum evidence_kind k);

#define BIT(kind)       (1u << (kind))
#define EVIDENCE_BOARDS (BIT(EVIDENCE_UUID) | BIT(EVIDENCE_SYSTEM) | BIT(EVIDENCE_BOARD))
#define EVIDENCE_DISKS  (BIT(EVIDENCE_WWN) | BIT(EVIDENCE_DISK))

struct evidence_item {
	enum evidence_kind kind;
	bool shared; /* known to be shown by several machines: counts for nothing */
	char value[132];
};

struct evidence_set {
	VEC(struct evidence_item) items;
};
/* Fold, drop placeholders and repeats. errors: ERR_TOO_BIG */
MUST_CHECK int evidence_set_from(const struct host_evidence *e, struct evidence_set *ret,
				 struct err *err);
void evidence_set_done(struct evidence_set *s);
/* Is the (folded) value in the set? */
bool evidence_set_has(const struct evidence_set *s, enum evidence_kind kind, const char *value);
unsigned evidence_set_kinds(
	const struct evidence_set *s); /* bits of kinds with a value that counts */
/* The lesser of a UUID and the same with its first three fields byte-swapped: firmware and iPXE
 * disagree about the order. */
void evidence_fold_uuid(const char *uuid, char ret[static 37]);

/* How one known host compares with the evidence. */
struct candidate {
	int64_t host_num;
	unsigned matched; /* kinds with a common value */
	unsigned differs; /* kinds that both have, without a common value */
	int score;
	bool seen;      /* it was on the network once; false for hosts that a list announced */
	bool own_cards; /* each of the two has network cards that the other does not show */
};

enum relation {
	RELATION_NONE,   /* another machine */
	RELATION_SHARED, /* another machine, which shows a value of this one beside its own cards */
	RELATION_SAME,   /* this machine */
	RELATION_CLONE,  /* another machine that shows this one's board evidence */
	RELATION_REVIEW, /* parts of this machine in another, or the other way round */
};
struct judgement {
	enum relation relation;
	const char *why;
	unsigned by; /* bits of the kinds that the rule is about: their common values prove it */
};
/* The rules, a table walked top down. Pure. */
struct judgement identity_judge(const struct candidate *c);

#endif
