/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a repair: what is in the place of a part that was to be replaced, and which tests must be
 * run again because of it. Pure: it compares the facts of the run that found the fault with those of
 * now.
 */
#ifndef BURNIN_REPAIR_H
#define BURNIN_REPAIR_H

#include <jansson.h>
#include <burnin/catalogue.h>
#include <burnin/component.h>

enum repair_look {
	REPAIR_UNKNOWN, /* the facts do not say: they name no such part or no serials */
	REPAIR_SAME,    /* the same part is still there */
	REPAIR_SWAPPED, /* another part is in its place, and it is gone */
	REPAIR_MOVED,   /* the same part is in another slot */
	REPAIR_GONE,    /* it was taken out and nothing is in its place */
	_REPAIR_LOOK_MAX,
};

/* As a fault names it: kind is component_kind_str(); slot and serial "" where not known. A part
 * without a serial stands for every part of its kind. */
struct repair_part {
	const char *kind, *slot, *serial;
};
struct repair_found {
	enum repair_look look;
	char slot[129];   /* MOVED: where it is now */
	char serial[129]; /* SWAPPED: of the part that took its place */
};
/* then, now: facts documents; NULL: not known. trust: none of the values. */
void repair_look(const json_t *then, const json_t *now, const struct repair_part *part,
		 struct repair_found *ret);

/* Is a part with that serial in the host? */
bool repair_has_serial(const json_t *facts, const char *serial);

/* A set of kinds: one bit each. */
#define REPAIR_KIND(kind) (1U << (kind))
/* 0: no kind is called that. */
unsigned repair_kind(const char *name);
/* Is there a part or a firmware now that was not there then, of a kind outside the set? */
bool repair_others_changed(const json_t *then, const json_t *now, unsigned kinds);

/* One line a part, sorted: its serials and its firmware. An array of texts; owned by the caller. */
MUST_CHECK json_t *repair_part_lines(const json_t *facts);

#define RETEST_SHARE 10 /* of the tier's time */
/* Those tests of a tier that concern a set of kinds and their neighbours, shortened to a tenth of
 * its time together; a test that loads no part in particular is among them. ret may be tests. Returns how many. */
size_t repair_tests(const struct planned_test *tests, size_t n, unsigned kinds,
		    struct planned_test *ret);

#endif
