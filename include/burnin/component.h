/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a host as a burn-in sees them. Every measurement and verdict refers to one of these,
 * never to a kernel device alone: a technician pulls parts, with slots and serials.
 */
#ifndef BURNIN_COMPONENT_H
#define BURNIN_COMPONENT_H

#include <stddef.h>
#include <stdint.h>
#include <base/vec.h>

enum component_kind {
	COMPONENT_SYSTEM, /* the host as a whole: when no smaller part can be named */
	COMPONENT_CPU,
	COMPONENT_DIMM,
	COMPONENT_DISK,
	COMPONENT_NIC,
	COMPONENT_PCI,
	_COMPONENT_KIND_MAX,
};
const char *component_kind_str(enum component_kind kind); /* "dimm" */

struct component {
	enum component_kind kind;
	char id[16];        /* hardwareInfoId: "dimm-3" */
	char name[129];     /* for people: model, or kernel name */
	char location[129]; /* slot label as printed on the chassis; "" if not known */
	char serial[129];
	char part_number[129];
	char manufacturer[129];
	char revision[65];
	char key[64]; /* how counters and tests find it: "sda", "0000:3b:00.0", "P0 CHANNEL A DIMM
			 0" */
};

#define COMPONENT_MAX 2048
typedef VEC(struct component) component_list;

/* Adds one, gives it its id. NULL when the list is full. The pointer lasts until the next add. */
struct component *component_add(component_list *list, enum component_kind kind, const char *key);
/* First of a kind with that key, else NULL. */
const struct component *component_find(const component_list *list, enum component_kind kind,
				       const char *key);

#endif
