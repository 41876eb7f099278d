/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow disk among its siblings, from what the disk test measured: a warning with its slot and
 * serial, about no other part, and the run is not failed by it.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <agent/burn/burn.h>
#include <session/lease.h>

#define N_DISKS 5

static void emit(void *arg, json_t *record)
{
	json_array_append_new(arg, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

static void add(struct burn *b, int i, const char *model)
{
	struct drive d = {.local = true};
	char name[8] = {'s', 'd', (char)('a' + i), '\0'};
	struct component *c = component_add(&b->components, COMPONENT_DISK, name);

	text_print(c->location, sizeof(c->location), "Bay %d", i);
	text_print(c->serial, sizeof(c->serial), "S%d", i);
	(void)text_fit(d.facts.name, sizeof(d.facts.name), name);
	(void)text_fit(d.facts.model, sizeof(d.facts.model), model);
	VEC_PUSH(&b->drives, d);
}

static void test_siblings(void **state)
{
	static const struct {
		const char *name;
		uint64_t blocks[N_DISKS]; /* in a minute */
		const char *odd_model;    /* of the last */
		bool slow;
	} rows[] = {
		{"alike", {9000, 9100, 8900, 9050, 9000}, "M", false},
		{"one is slow", {9000, 9100, 8900, 9050, 3000}, "M", true},
		{"another model", {9000, 9100, 8900, 9050, 3000}, "N", false},
		{"one without a result", {9000, 9100, 8900, 0, 3000}, "M", false},
		{"too few blocks", {9000, 9100, 8900, 9050, 31}, "M", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static const struct plan_burn_in plan;
		struct report report = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
					.lease = lease_new()};
		struct burn b = {.out = &report, .plan = &plan, .log_fd = -1};
		autojson json_t *records = json_array();
		struct burn_disk_result results[N_DISKS] = {0};

		b.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
		for (int k = 0; k < N_DISKS; k++) {
			add(&b, k, k == N_DISKS - 1 ? rows[i].odd_model : "M");
			results[k].read_bytes = rows[i].blocks[k] * MIB;
			results[k].took_ms = 60000;
		}
		burn_compare_siblings(&b, "disk-read", results);
		autofree char *text = json_text(records);
		CHECK_INT(rows[i].name, b.n_failures, 0);
		CHECK_INT(rows[i].name, strstr(text, "disk-slower-than-siblings") != NULL,
			  rows[i].slow);
		CHECK_INT(rows[i].name, strstr(text, "Bay 4 (serial S4)") != NULL, rows[i].slow);
		assert_null(strstr(text, "S0"));
		close(report.fd);
		VEC_DONE(&b.drives);
		VEC_DONE(&b.components);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_siblings)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
