/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that come and go while a run lasts: one that is gone is a fault with its slot and serial,
 * once; one that is new keeps the run from passing; what is neither is left alone.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>
#include <agent/burn/burn.h>
#include <session/lease.h>

struct disk {
	const char *name, *serial, *wwn;
	enum tri removable;
	bool remote;
};

#define N_DISKS 3
#define DISK(name, serial, wwn)                                                                    \
	{                                                                                          \
		name, serial, wwn, TRI_NO, false                                                   \
	}
static const struct {
	const char *name;
	struct disk now[N_DISKS + 1];
	unsigned n_lost;
	bool incomplete;
	const char *words[2]; /* of the records, of what is missing */
} rows[] = {
	{"nothing changes",
	 {DISK("sda", "A", ""), DISK("sdb", "", "naa.5"), DISK("sdc", "", "")},
	 0,
	 false,
	 {""}},
	{"one was pulled",
	 {DISK("sdb", "", "naa.5"), DISK("sdc", "", "")},
	 1,
	 false,
	 {"Reseat disk Bay 0 (serial A)"}},
	{"all were pulled",
	 {{NULL, NULL, NULL, TRI_NO, false}},
	 3,
	 false,
	 {"sdc was there when the run began and is gone"}},
	{"one came back under another name",
	 {DISK("sdd", "A", ""), DISK("sdb", "", "naa.5"), DISK("sdc", "", "")},
	 1,
	 false,
	 {"sda was lost and came back as sdd"}},
	{"another is in its place",
	 {DISK("sda", "B", ""), DISK("sdb", "", "naa.5"), DISK("sdc", "", "")},
	 1,
	 true,
	 {"sda was there", "disk sda with serial B, which was put in during the run"}},
	{"one was put in",
	 {DISK("sda", "A", ""), DISK("sdb", "", "naa.5"), DISK("sdc", "", ""),
	  DISK("sdd", "D", "")},
	 0,
	 true,
	 {"part-added", "disk sdd with serial D"}},
	{"a stick was put in",
	 {DISK("sda", "A", ""),
	  DISK("sdb", "", "naa.5"),
	  DISK("sdc", "", ""),
	  {"sdd", "D", "", TRI_YES, false}},
	 0,
	 false,
	 {""}},
	{"a disk of a network came",
	 {DISK("sda", "A", ""),
	  DISK("sdb", "", "naa.5"),
	  DISK("sdc", "", ""),
	  {"sdd", "D", "", TRI_NO, true}},
	 0,
	 false,
	 {""}},
	{"a busy disk does not tell its serial",
	 {DISK("sda", "", ""), DISK("sdb", "", ""), DISK("sdc", "", "")},
	 0,
	 false,
	 {""}},
	{"another namespace with the same serial is left",
	 {DISK("sda", "A", ""), DISK("sdb", "A", "naa.5"), DISK("sdc", "", "")},
	 0,
	 false,
	 {""}},
};

static void emit(void *arg, json_t *record)
{
	json_array_append_new(arg, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

static void add(drive_list *list, const struct disk *d)
{
	struct drive drive = {.facts.removable = d->removable, .local = !d->remote};

	(void)str_copy(drive.facts.name, sizeof(drive.facts.name), d->name);
	(void)str_copy(drive.facts.serial, sizeof(drive.facts.serial), d->serial);
	(void)str_copy(drive.facts.wwn, sizeof(drive.facts.wwn), d->wwn);
	VEC_PUSH(list, drive);
}

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		n++;
	return n;
}

static void begin(struct burn *b)
{
	for (size_t i = 0; i < N_DISKS; i++) {
		const struct disk *d = &rows[0].now[i];
		struct component *c = component_add(&b->components, COMPONENT_DISK, d->name);

		add(&b->drives, d);
		snprintf(c->location, sizeof(c->location), "Bay %zu", i);
		(void)text_fit(c->serial, sizeof(c->serial), d->serial);
	}
}

static void test_compare(void **state)
{
	static const struct plan_burn_in plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct report report = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
					.lease = lease_new()};
		struct burn b = {.out = &report, .plan = &plan, .log_fd = -1};
		autojson json_t *records = json_array();
		drive_list now = {0};

		b.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = records};
		begin(&b);
		for (size_t k = 0; k < ARRAY_LEN(rows[i].now) && rows[i].now[k].name; k++)
			add(&now, &rows[i].now[k]);
		/* each is told once, however often it is looked at */
		burn_compare_drives(&b, "smart", &now);
		burn_compare_drives(&b, "cpu-verify", &now);
		autofree char *text = json_text(records);
		CHECK_INT(rows[i].name, count(text, "\"verdict\":\"disk-lost\""), rows[i].n_lost);
		CHECK_INT(rows[i].name, b.n_failures, rows[i].n_lost);
		CHECK_INT(rows[i].name, count(text, "part-added"), rows[i].incomplete);
		CHECK_INT(rows[i].name, b.missing[0] != '\0', rows[i].incomplete);
		CHECK_INT(rows[i].name, b.parts_changed, rows[i].n_lost || rows[i].incomplete);
		CHECK_INT(rows[i].name, strstr(text, rows[i].words[0]) != NULL, true);
		if (rows[i].words[1])
			CHECK_INT(rows[i].name, strstr(b.missing, rows[i].words[1]) != NULL, true);
		close(report.fd);
		VEC_DONE(&now);
		VEC_DONE(&b.drives);
		VEC_DONE(&b.components);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
