/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The expectations, one function each in a const table: every host goes through every row, and a
 * row that does not apply says so by adding no check. The decoy's row always applies.
 */
#include "judge.h"

#include <string.h>
#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include "console.h"
#include "disk.h"
#include "net.h"

#define DETAIL_BYTES 480

int judge_gather(const struct bench_host *h, struct host_facts *ret, struct err *err)
{
	*ret = (struct host_facts){.decoys_unchanged = true,
				   .own_boots = h->own_boots,
				   .imaged_times = h->imaged_times,
				   .n_orders = h->n_orders};
	memcpy(ret->orders, h->orders, sizeof(ret->orders));
	(void)str_copy(ret->state, sizeof(ret->state), h->view.known ? h->view.state : "unknown");
	(void)str_copy(ret->detail, sizeof(ret->detail), h->view.detail);
	(void)str_copy(ret->fault, sizeof(ret->fault), h->view.fault);
	(void)str_copy(ret->image_digest, sizeof(ret->image_digest), h->view.image_digest);
	(void)str_copy(ret->trouble, sizeof(ret->trouble), h->trouble);
	ret->commands_passed = h->guest.n_passed;
	(void)str_copy(ret->command_failure, sizeof(ret->command_failure), h->guest.failure);
	ret->http_seen = console_has(h->console_path, 0, "\"UEFI HTTPv4");
	ret->pxe_seen = console_has(h->console_path, 0, "\"UEFI PXEv");
	for (size_t i = 0; i < h->spec->expect.n_consoles; i++)
		ret->console_seen[i] = console_has(h->console_path, 0, h->spec->expect.consoles[i]);
	(void)str_copy(ret->switch_name, sizeof(ret->switch_name), h->view.switch_name);
	(void)str_copy(ret->switch_port, sizeof(ret->switch_port), h->view.switch_port);
	for (size_t i = 0; i < h->spec->n_disks; i++) {
		char hex[SHA256_HEX_BYTES];
		bool same;

		TRY(disk_hash(h->disk_paths[i], hex, err));
		same = str_eq(hex, h->disk_hex[i]);
		if (h->spec->disks[i].role == DISK_DECOY) {
			ret->decoys_unchanged &= same;
			continue;
		}
		ret->target_unchanged = same;
		TRY(disk_is_bootable(h->disk_paths[i], &ret->target_bootable, err));
		TRY(disk_is_blank(h->disk_paths[i], &ret->target_blank, err));
	}
	return 0;
}

/* What a row says: nothing, passed, or failed with a detail. */
enum verdict { NOT_ASKED, HOLDS, BROKEN };

static enum verdict verdict_of(bool holds)
{
	return holds ? HOLDS : BROKEN;
}

static enum verdict expect_no_trouble(const struct lab_host *spec, const struct host_facts *f,
				      char detail[static DETAIL_BYTES])
{
	(void)spec;
	(void)snprintf(detail, DETAIL_BYTES, "%s", f->trouble);
	return verdict_of(!*f->trouble);
}

static enum verdict expect_state(const struct lab_host *spec, const struct host_facts *f,
				 char detail[static DETAIL_BYTES])
{
	(void)snprintf(detail, DETAIL_BYTES, "expected '%s', is '%s'%s%s", spec->expect.state,
		       f->state, *f->fault ? ", fault " : "", f->fault);
	return verdict_of(str_eq(spec->expect.state, f->state));
}

static enum verdict expect_detail(const struct lab_host *spec, const struct host_facts *f,
				  char detail[static DETAIL_BYTES])
{
	if (!*spec->expect.detail)
		return NOT_ASKED;
	(void)snprintf(detail, DETAIL_BYTES, "expected '%s', is '%s'", spec->expect.detail,
		       f->detail);
	return verdict_of(str_glob(spec->expect.detail, f->detail));
}

static enum verdict expect_http(const struct lab_host *spec, const struct host_facts *f,
				char detail[static DETAIL_BYTES])
{
	if (spec->netboot != NETBOOT_HTTP)
		return NOT_ASKED;
	(void)snprintf(detail, DETAIL_BYTES, "its firmware %s HTTP boot and %s PXE",
		       f->http_seen ? "started" : "did not start",
		       f->pxe_seen ? "tried" : "did not try");
	return verdict_of(f->http_seen && !f->pxe_seen);
}

static enum verdict expect_console(const struct lab_host *spec, const struct host_facts *f,
				   char detail[static DETAIL_BYTES])
{
	for (size_t i = 0; i < spec->expect.n_consoles; i++) {
		if (f->console_seen[i])
			continue;
		(void)snprintf(detail, DETAIL_BYTES, "'%s' did not stand on its serial console",
			       spec->expect.consoles[i]);
		return BROKEN;
	}
	(void)snprintf(detail, DETAIL_BYTES, "all of %zu texts seen", spec->expect.n_consoles);
	return spec->expect.n_consoles ? HOLDS : NOT_ASKED;
}

static enum verdict expect_fault(const struct lab_host *spec, const struct host_facts *f,
				 char detail[static DETAIL_BYTES])
{
	if (!*spec->expect.fault)
		return NOT_ASKED;
	(void)snprintf(detail, DETAIL_BYTES, "expected '%s', is '%s'", spec->expect.fault,
		       f->fault);
	return verdict_of(str_glob(spec->expect.fault, f->fault));
}

static enum verdict expect_decoy(const struct lab_host *spec, const struct host_facts *f,
				 char detail[static DETAIL_BYTES])
{
	(void)spec;
	(void)snprintf(detail, DETAIL_BYTES, "%s",
		       f->decoys_unchanged ? "byte-identical" : "a decoy disk was written to");
	return verdict_of(f->decoys_unchanged);
}

static enum verdict expect_target(const struct lab_host *spec, const struct host_facts *f,
				  char detail[static DETAIL_BYTES])
{
	(void)snprintf(detail, DETAIL_BYTES, "expected %s; it was %s and is %s%s",
		       word_str(&target_fate_words, (int)spec->expect.target),
		       f->target_unchanged ? "not written" : "written",
		       f->target_bootable ? "bootable" : "not bootable",
		       f->target_blank ? ", all zeros" : "");
	switch (spec->expect.target) {
	case TARGET_IMAGED:
		return verdict_of(!f->target_unchanged && f->target_bootable);
	case TARGET_UNTOUCHED:
		return verdict_of(f->target_unchanged);
	case TARGET_UNBOOTABLE:
		return verdict_of(!f->target_bootable);
	case TARGET_BLANK:
		return verdict_of(f->target_blank);
	case TARGET_ANY:
	case _TARGET_FATE_MAX:
		break;
	}
	return NOT_ASKED;
}

static enum verdict expect_own_boots(const struct lab_host *spec, const struct host_facts *f,
				     char detail[static DETAIL_BYTES])
{
	if (!spec->expect.own_boots)
		return NOT_ASKED;
	(void)snprintf(detail, DETAIL_BYTES, "%u of %u", f->own_boots, spec->expect.own_boots);
	return verdict_of(f->own_boots >= spec->expect.own_boots);
}

static enum verdict expect_imaged_times(const struct lab_host *spec, const struct host_facts *f,
					char detail[static DETAIL_BYTES])
{
	if (!spec->expect.imaged_times)
		return NOT_ASKED;
	(void)snprintf(detail, DETAIL_BYTES, "%u, expected %u", f->imaged_times,
		       spec->expect.imaged_times);
	return verdict_of(f->imaged_times == spec->expect.imaged_times);
}

/* What the server knows of the cable, by the host's own ears. */
static enum verdict expect_switch_port(const struct lab_host *spec, const struct host_facts *f,
				       char detail[static DETAIL_BYTES])
{
	if (!*spec->expect.switch_port)
		return NOT_ASKED;
	(void)snprintf(detail, DETAIL_BYTES, "%s of %s, expected %s of " LAB_SWITCH, f->switch_port,
		       f->switch_name, spec->expect.switch_port);
	return verdict_of(str_eq(f->switch_port, spec->expect.switch_port) &&
			  str_eq(f->switch_name, LAB_SWITCH));
}

static bool part_fits(const struct lab_order *wanted, const struct view_order *o)
{
	return wanted->closed == o->closed && str_glob(wanted->part, o->part) &&
	       str_glob(wanted->slot, o->slot) && str_glob(wanted->serial, o->serial);
}

static bool is_wanted(const struct lab_expect *e, const struct view_order *o)
{
	for (size_t i = 0; i < e->n_orders; i++)
		if (part_fits(&e->orders[i], o))
			return true;
	return false;
}

static void add_order(struct str *out, const struct view_order *o)
{
	str_addf(out, "%s%s %s, %s, %s, %s", out->n_bytes ? "; " : "",
		 o->closed ? "closed" : "open", o->code, o->part, o->slot, o->serial);
}

/* Each order that is demanded, and none for another part: one for a part that is well sends a
 * technician for nothing. Several tests may find fault with one part. */
static enum verdict expect_orders(const struct lab_host *spec, const struct host_facts *f,
				  char detail[static DETAIL_BYTES])
{
	const struct lab_expect *e = &spec->expect;
	bool all = f->n_orders <= VIEW_ORDERS_MAX;
	struct str text;

	if (!e->n_orders)
		return NOT_ASKED;
	str_init(&text, 8192);
	for (size_t i = 0; i < e->n_orders; i++) {
		size_t n = 0;

		for (size_t k = 0; k < f->n_orders && k < VIEW_ORDERS_MAX; k++)
			n += part_fits(&e->orders[i], &f->orders[k]) &&
			     str_glob(e->orders[i].code, f->orders[k].code);
		all &= n > 0;
	}
	for (size_t k = 0; k < f->n_orders && k < VIEW_ORDERS_MAX; k++) {
		all &= is_wanted(e, &f->orders[k]);
		add_order(&text, &f->orders[k]);
	}
	text_print(detail, DETAIL_BYTES, "%zu expected, %zu there: %s", e->n_orders, f->n_orders,
		   text.p);
	str_done(&text);
	return verdict_of(all);
}

static enum verdict expect_commands(const struct lab_host *spec, const struct host_facts *f,
				    char detail[static DETAIL_BYTES])
{
	if (!spec->expect.n_commands)
		return NOT_ASKED;
	text_print(detail, DETAIL_BYTES, "%zu of %zu%s%s", f->commands_passed,
		   spec->expect.n_commands, *f->command_failure ? "; " : "", f->command_failure);
	return verdict_of(f->commands_passed == spec->expect.n_commands);
}

static const struct {
	const char *name;
	enum verdict (*check)(const struct lab_host *, const struct host_facts *,
			      char detail[static DETAIL_BYTES]);
} rows[] = {
	{"no trouble", expect_no_trouble},
	{"state", expect_state},
	{"detail", expect_detail},
	{"fault", expect_fault},
	{"decoy unchanged", expect_decoy},
	{"target disk", expect_target},
	{"boots its own disk", expect_own_boots},
	{"times imaged", expect_imaged_times},
	{"switch port", expect_switch_port},
	{"repair orders", expect_orders},
	{"loader by HTTP", expect_http},
	{"console", expect_console},
	{"commands in the guest", expect_commands},
};

bool judge_host(const struct lab_host *spec, const struct host_facts *facts, json_t *checks)
{
	bool all = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char detail[DETAIL_BYTES] = "";
		enum verdict verdict = rows[i].check(spec, facts, detail);

		if (verdict == NOT_ASKED)
			continue;
		all &= verdict == HOLDS;
		(void)json_array_append_new(checks, json_pack("{s:s, s:b, s:s}", "name",
							      rows[i].name, "passed",
							      verdict == HOLDS, "detail", detail));
	}
	return all;
}

static void set_seconds(json_t *stages, const char *name, double seconds)
{
	if (seconds >= 0)
		(void)json_object_set_new(stages, name,
					  json_real((double)(int64_t)(seconds * 10 + 0.5) / 10));
}

/* From power-on until the inspection begins: the server's own clock starts at the first contact. */
static double discover_s(const struct bench_host *h)
{
	return h->contact_s < 0 || h->stages.discover_s < 0 ? -1
							    : h->contact_s + h->stages.discover_s;
}

static json_t *stages_document(const struct bench_host *h)
{
	json_t *stages = json_object();

	set_seconds(stages, "contact", h->contact_s);
	set_seconds(stages, "discover", discover_s(h));
	set_seconds(stages, "inspect", h->stages.inspect_s);
	set_seconds(stages, "burn_in", h->stages.burn_in_s);
	set_seconds(stages, "image", h->stages.image_s);
	set_seconds(stages, "verify", h->stages.verify_s);
	set_seconds(stages, "total", h->total_s);
	return stages;
}

static json_t *host_document(const struct bench_host *h, bool *all_passed)
{
	struct host_facts facts = {0};
	struct err err = ERR_INIT;
	json_t *checks = json_array();
	const struct lab_disk *target = lab_host_target(h->spec);

	if (judge_gather(h, &facts, &err) < 0) {
		(void)snprintf(facts.trouble, sizeof(facts.trouble), "%.200s", err.msg);
		facts.decoys_unchanged = false; /* not proven is not unchanged */
	}
	bool passed = judge_host(h->spec, &facts, checks);

	*all_passed &= passed;
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:s, s:s, s:I, s:s, s:s,"
		" s:i, s:i, s:o}",
		"name", h->spec->name, "arch", word_str(&lab_arch_words, (int)h->spec->arch),
		"firmware", word_str(&lab_firmware_words, (int)h->spec->firmware), "state",
		facts.state, "expected_state", h->spec->expect.state, "image_digest",
		facts.image_digest, "decoy_unchanged", (int)facts.decoys_unchanged, "passed",
		(int)passed, "stages", stages_document(h), "serial", h->spec->serial, "cpu",
		h->view.cpu, "memory_mib", (json_int_t)h->view.memory_mib, "target_serial",
		target->serial, "state_detail", h->view.detail, "own_boots", (int)h->own_boots,
		"disks", (int)h->spec->n_disks, "checks", checks);
}

json_t *judge_scenario(struct bench *b, const char *trouble)
{
	json_t *hosts = json_array();
	bool passed = !trouble;

	for (size_t i = 0; i < b->n_hosts; i++)
		(void)json_array_append_new(hosts, host_document(&b->hosts[i], &passed));
	return json_pack("{s:s, s:s, s:b, s:s, s:f, s:i, s:o}", "name", b->s->name, "title",
			 b->s->title, "passed", (int)passed, "trouble", trouble ? trouble : "",
			 "took_s", (double)(time_boot_ms() - b->started_ms) / 1000.0,
			 "server_restarts", (int)b->server.restarts, "hosts", hosts);
}
