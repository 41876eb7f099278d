/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a host as a burn-in sees them. Every measurement and verdict refers to one of these,
 * never to a kernel device alone: a technician pulls parts, with slots and serials.
 */
#ifndef BURNIN_COMPONENT_H
#define BURNIN_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/vec.h>
#include <burnin/dimm.h>

enum component_kind {
#define X(kind, name, one, several, title) COMPONENT_##kind,
#include <burnin/component_kinds.def>
#undef X
	_COMPONENT_KIND_MAX,
};
const char *component_kind_str(enum component_kind kind);    /* "dimm" */
const char *component_kind_word(enum component_kind kind);   /* "memory module" */
const char *component_kind_plural(enum component_kind kind); /* "memory modules" */

/* Physical addresses that a memory module answers for, as firmware tells it. */
struct memory_range {
	uint64_t first, last;
};
#define COMPONENT_RANGES_MAX 8

struct component {
	enum component_kind kind;
	char id[16];        /* hardwareInfoId: "dimm-3" */
	char name[129];     /* for people: model, or kernel name */
	char location[129]; /* slot label as printed on the chassis; "" if not known */
	char serial[129];
	char part_number[129];
	char manufacturer[129];
	char revision[65];
	char key[64];      /* how counters and tests find it: "sda", "0000:3b:00.0", "1" of a CPU */
	char pci[32];      /* address of its function, "" if it has none or is not known */
	char locator[129]; /* of a memory module: the device locator alone */
	char bank[129];    /* and the bank's */
	int device_number; /* of a memory module: among SMBIOS type 17, from 1; 0: not known */
	struct dimm_place place; /* of a memory module; the socket of a processor */
	struct memory_range ranges[COMPONENT_RANGES_MAX]; /* of a memory module */
	size_t n_ranges;
};

#define COMPONENT_MAX 2048
typedef VEC(struct component) component_list;

/* Adds one, gives it its id. NULL when the list is full. The pointer lasts until the next add. */
struct component *component_add(component_list *list, enum component_kind kind, const char *key);
/* First of a kind with that key, else NULL. */
const struct component *component_find(const component_list *list, enum component_kind kind,
				       const char *key);

/* First of a kind at that PCI address, else NULL. */
const struct component *component_at_pci(const component_list *list, enum component_kind kind,
					 const char *pci);

/* ---- who may be meant ------------------------------------------------------------------------ */
enum certainty {
	CERTAINTY_UNKNOWN, /* no part of that kind is known */
	CERTAINTY_CERTAIN,
	CERTAINTY_LIKELY, /* by the usual order of slots; a swap proves it */
	CERTAINTY_ONE_OF, /* one of several; a swap finds it */
	_CERTAINTY_MAX,
};
const char *certainty_str(enum certainty certainty); /* "one-of" */

#define SUSPECTS_MAX 32
struct suspects {
	enum component_kind kind;
	enum certainty certainty;
	size_t n_all; /* may be more than are held */
	size_t n;
	const struct component *parts[SUSPECTS_MAX]; /* last until the list grows */
};
/* One part, certainly; NULL: none is known. */
void suspects_one(const struct component *part, enum component_kind kind, struct suspects *ret);
/* Every part of a kind that fits; NULL: all of them. One alone is certain. */
void suspects_fitting(const component_list *list, enum component_kind kind,
		      bool (*fits)(const void *arg, const struct component *c), const void *arg,
		      struct suspects *ret);
/* The modules that answer for a physical address; where no module does, or address is NULL: all of
 * them. Modules that share a range are all meant. */
void suspects_at(const component_list *list, const uint64_t *address, struct suspects *ret);
/* Those of an address instead of s, where they are fewer. */
void suspects_narrow_at(const component_list *list, uint64_t address, struct suspects *s);
/* Those of a kind that a board or a BMC calls by that name: the place, or what stands for it. Letters and
 * digits alone count. */
void suspects_named(const component_list *list, enum component_kind kind, const char *name,
		    struct suspects *ret);
/* The modules that a memory controller's counter may mean. */
void suspects_of_edac(const component_list *list, const struct edac_place *edac,
		      struct suspects *ret);

#endif
