/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Medians of the fleet; see fleet.h. The median absolute deviation is used because one bad host in
 * eight must not widen what is normal.
 */
#include <burnin/fleet.h>

#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/text.h>

#define MILLI_MAX 9e15 /* what a double holds exactly */

void fleet_values_init(struct fleet_values *v)
{
	*v = (struct fleet_values){0};
}

void fleet_values_done(struct fleet_values *v)
{
	json_decref(v->hardware);
	VEC_DONE(&v->items);
	v->hardware = NULL;
}

/* ---- what a run measured --------------------------------------------------------------------- */

static const char *text_at(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

static bool is_rate(const char *unit)
{
	return str_ends(unit, "/s") || str_glob("*FLOP*", unit) || str_glob("*IOPS*", unit);
}

/* Counts, sizes and durations that a plan sets are not compared. */
static bool is_compared(const char *unit)
{
	static const char *const units[] = {"C", "ms", "us", "ns", "W", "RPM", "V"};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq(units[i], unit))
			return true;
	return is_rate(unit);
}

/* What the part is, not which: its name, as its maker calls it. */
static const char *part_name(const struct fleet_values *v, const char *id)
{
	json_t *row;
	size_t i;

	json_array_foreach (v->hardware, i, row)
		if (*id && str_eq(text_at(row, "hardwareInfoId"), id))
			return text_at(row, "name");
	return "";
}

static void keep(struct fleet_values *v, const struct fleet_value *fresh)
{
	for (size_t i = 0; i < v->items.n; i++) {
		struct fleet_value *known = &v->items.items[i];

		if (!str_eq(known->name, fresh->name) || !str_eq(known->unit, fresh->unit))
			continue;
		if (is_rate(known->unit) ? fresh->milli < known->milli
					 : fresh->milli > known->milli)
			known->milli = fresh->milli;
		return;
	}
	if (v->items.n < FLEET_VALUES_MAX)
		VEC_PUSH(&v->items, *fresh);
}

static void add_measurement(struct fleet_values *v, const char *step, const json_t *m)
{
	double value = json_number_value(json_object_get(m, "value")) * 1000;
	const char *unit = text_at(m, "unit");
	const char *part = part_name(v, text_at(m, "hardwareInfoId"));
	struct fleet_value fresh = {0};

	if (!is_compared(unit) || !json_is_number(json_object_get(m, "value")) ||
	    !(value > -MILLI_MAX && value < MILLI_MAX) || !*text_at(m, "name"))
		return;
	fresh.milli = (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
	(void)text_fit(fresh.unit, sizeof(fresh.unit), unit);
	text_print(fresh.name, sizeof(fresh.name), "%.64s%s%.48s in %.48s", text_at(m, "name"),
		   *part ? " of " : "", part, step);
	keep(v, &fresh);
}

void fleet_values_add(struct fleet_values *v, const json_t *record)
{
	const json_t *run = json_object_get(record, "testRunArtifact");
	const json_t *step = json_object_get(record, "testStepArtifact");
	json_t *dut = json_object_get(json_object_get(run, "testRunStart"), "dutInfo");
	const json_t *m = json_object_get(step, "measurement");

	if (json_is_array(json_object_get(dut, "hardwareInfos"))) {
		json_decref(v->hardware);
		v->hardware = json_incref(json_object_get(dut, "hardwareInfos"));
	}
	if (json_is_object(m))
		add_measurement(v, text_at(step, "testStepId"), m);
}

/* ---- beside the others ----------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t fleet_median(int64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : values[n / 2 - 1] / 2 + values[n / 2] / 2;
}

int64_t fleet_deviation(int64_t *values, size_t n, int64_t median)
{
	for (size_t i = 0; i < n; i++)
		values[i] = llabs(values[i] - median);
	return fleet_median(values, n);
}

void fleet_judge(int64_t *peers, size_t n_peers, int64_t milli, struct fleet_answer *ret)
{
	*ret = (struct fleet_answer){.place = FLEET_FEW, .n_peers = n_peers};
	if (n_peers < FLEET_PEERS_MIN)
		return;
	ret->median_milli = fleet_median(peers, n_peers);
	int64_t least = llabs(ret->median_milli) / 100 * FLEET_LEAST_PCT;
	int64_t reach = fleet_deviation(peers, n_peers, ret->median_milli) * FLEET_DEVIATIONS;
	ret->reach_milli = reach > least ? reach : least;
	ret->place = milli < ret->median_milli - ret->reach_milli   ? FLEET_LOW
		     : milli > ret->median_milli + ret->reach_milli ? FLEET_HIGH
								    : FLEET_WITHIN;
}

void fleet_describe(const struct fleet_value *value, const struct fleet_answer *answer,
		    struct str *out)
{
	str_addf(out,
		 "%s is %.4g %s; %zu hosts of this SKU and firmware have %.4g, give or take %.4g",
		 value->name, (double)value->milli / 1000, value->unit, answer->n_peers,
		 (double)answer->median_milli / 1000, (double)answer->reach_milli / 1000);
}
