/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host beside its like: what a run measured, and whether it lies outside what hosts of the same SKU
 * and firmware measured. This finds the missing heat paste and the module in the wrong channel, which
 * pass every absolute limit. Pure; the caller knows who the others are.
 *
 *  1. fleet_values_init(). 2. fleet_values_add() for each record of a run, in order. 3. for each
 *  value, fleet_judge() with those of the other hosts. 4. fleet_values_done().
 */
#ifndef BURNIN_FLEET_H
#define BURNIN_FLEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/str.h>
#include <base/vec.h>

#define FLEET_PEERS_MIN  8   /* fewer say nothing about the spread */
#define FLEET_PEERS_MAX  512 /* newest ones that are looked at */
#define FLEET_DEVIATIONS 6   /* of the median absolute deviation */
#define FLEET_LEAST_PCT  5 /* of the median: what is closer is noise, however alike the others are */
#define FLEET_VALUES_MAX 128

/* The worst of a run: the lowest rate, the highest of all else. In thousandths, so that every store
 * keeps it exactly. */
struct fleet_value {
	char name[193]; /* "read-rate of ST8000NM in disk-read" */
	char unit[17];
	int64_t milli;
};
struct fleet_values {
	json_t *hardware; /* table of parts, a reference */
	VEC(struct fleet_value) items;
};
void fleet_values_init(struct fleet_values *v);
void fleet_values_done(struct fleet_values *v);
/* trust: none of the record; one that is not a measurement in a unit that can be compared (rates,
 * temperatures, latencies, power) is passed over. */
void fleet_values_add(struct fleet_values *v, const json_t *record);

enum fleet_place { FLEET_FEW, FLEET_WITHIN, FLEET_LOW, FLEET_HIGH };
struct fleet_answer {
	enum fleet_place place;
	size_t n_peers;
	int64_t median_milli, reach_milli; /* WITHIN: not farther from the median than reach */
};
/* The middle of n values, at least one, which it sorts. */
int64_t fleet_median(int64_t *values, size_t n);
/* Their median absolute deviation; the values are lost. */
int64_t fleet_deviation(int64_t *values, size_t n, int64_t median);
/* peers: of other hosts, in any order; their order may be changed. */
void fleet_judge(int64_t *peers, size_t n_peers, int64_t milli, struct fleet_answer *ret);
/* "read-rate of ST8000NM in disk-read is 118 MiB/s; 12 hosts of this SKU and firmware have 231,
 * give or take 12". For LOW and HIGH. */
void fleet_describe(const struct fleet_value *value, const struct fleet_answer *answer,
		    struct str *out);

#endif
