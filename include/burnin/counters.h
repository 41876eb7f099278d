/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error counters around a load: a load generator that says PASS and a memory controller that counts
 * errors are two witnesses, and both are asked. The agent takes a snapshot before and after; here
 * the difference is judged. A kind that cannot be read is "not covered", which is not zero errors.
 */
#ifndef BURNIN_COUNTERS_H
#define BURNIN_COUNTERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/vec.h>
#include <base/err.h>
#include <burnin/rules.h>

enum counter_kind {
	COUNTER_EDAC_CE,
	COUNTER_EDAC_UE,
	COUNTER_MCE,           /* machine check exceptions */
	COUNTER_MCE_CORRECTED, /* interrupts that report corrected machine checks */
	COUNTER_THROTTLE,
	COUNTER_AER_FATAL,
	COUNTER_AER_NONFATAL,
	COUNTER_AER_CORRECTABLE,
	COUNTER_NIC_ERRORS,
	COUNTER_SAS_LINK, /* of the phys that a disk hangs on */
	_COUNTER_KIND_MAX,
};
const char *counter_kind_str(enum counter_kind kind); /* "edac-ce" */

struct counter {
	enum counter_kind kind;
	char key[64]; /* of the component it speaks about; "" for the host */
	int64_t value;
	struct edac_place edac; /* of the EDAC kinds */
};

#define COUNTERS_MAX 16384
struct counters {
	VEC(struct counter) items;
	bool covered[_COUNTER_KIND_MAX];
};
void counters_add(struct counters *c, enum counter_kind kind, const char *key, int64_t value);
/* One of a memory controller. */
void counters_add_edac(struct counters *c, enum counter_kind kind, const char *key,
		       const struct edac_place *edac, int64_t value);
void counters_done(struct counters *c);

/* Calls found() for each counter that grew and has a limit below its growth. A counter that is new
 * since `before` counts from zero; one that fell was reset, and counts from zero, too. */
void counters_judge(const struct counters *before, const struct counters *after,
		    const component_list *components,
		    void (*found)(void *arg, const struct burnin_finding *finding, int64_t delta),
		    void *arg);

/* The parts that a counter speaks about. */
void counter_suspects(const struct counter *c, const component_list *components,
		      struct suspects *ret);
/* [{"kind", "key", "label", "value", "certainty", "parts": [{"id", "part", "slot", "serial",
 * "part_number", "name"}]}]: every counter with the part it belongs to. owns: the caller's. */
MUST_CHECK json_t *counters_json(const struct counters *c, const component_list *components);
/* {"edac-ce": "covered" or "none", ..} owns: the caller's. */
MUST_CHECK json_t *counters_coverage_json(const struct counters *c);

#endif
