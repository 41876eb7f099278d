/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry for all readers of tools; see judge.h.
 */
#include <burnin/judge.h>

#include <string.h>
#include <base/json.h>
#include <burnin/bmc_text.h>
#include <burnin/edac_text.h>
#include <burnin/ethtool_text.h>
#include <burnin/kernel_log.h>
#include <burnin/rules.h>
#include <burnin/smart.h>
#include <burnin/vendor_json.h>

struct judging {
	struct tool_end end;
	bool end_is_known;
	const char *text;
	size_t n_bytes;
	json_t *findings, *values;
	unsigned n_failures;
	const char *verdict;
	char message[257];
};

static const char *const passed = "passed", *const failed = "failed",
			 *const unjudged = "not-judged";

static void note(void *arg, const struct burnin_finding *f)
{
	struct judging *j = arg;
	const struct burnin_rule *rule = burnin_rule_of(f->symptom);
	struct burnin_order order;

	burnin_order_of(f, &order);
	j->n_failures += rule->fails;
	if (rule->fails && !*j->message)
		(void)text_fit(j->message, sizeof(j->message), f->message);
	json_array_append_new(j->findings,
			      json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "verdict", rule->verdict,
					"fails", rule->fails, "message", json_string_of(f->message),
					"part", json_string_of(order.part), "slot",
					json_string_of(order.slot), "action",
					json_string_of(order.action)));
}

/* ---- disks ----------------------------------------------------------------------------------- */

static void judge_health(struct judging *j, const struct smart_health *h)
{
	struct smart_value v;

	for (size_t i = 0; smart_value_at(h, i, &v); i++)
		if (v.value >= 0)
			json_object_set_new(j->values, v.name, json_integer(v.value));
	(void)smart_judge(h, NULL, note, j);
	j->verdict = j->n_failures ? failed : h->covered ? passed : unjudged;
	if (!j->n_failures)
		(void)text_fit(j->message, sizeof(j->message),
			       !h->covered ? h->reason
			       : *h->note  ? h->note
					   : "the disk reports good health");
}

typedef int health_reader(struct tool_end end, const char *output, size_t n_bytes,
			  struct smart_health *ret, struct err *err);

static void judge_disk(struct judging *j, health_reader *read)
{
	struct smart_health h;
	struct err err = ERR_INIT;

	if (read(j->end, j->text, j->n_bytes, &h, &err) < 0) {
		j->verdict = unjudged;
		(void)text_fit(j->message, sizeof(j->message), err.msg);
		return;
	}
	judge_health(j, &h);
}

static void judge_smartctl(struct judging *j)
{
	autojson json_t *doc = NULL;

	if (!j->end_is_known && vendor_json_load(j->text, j->n_bytes, &doc, NULL) == 0) {
		int64_t n = vendor_json_count(vendor_json_at(doc, "smartctl/exit_status"));

		j->end.status = n > 0 && n < 256 ? (int)n : 0;
	}
	judge_disk(j, tool_read_smart);
}

static void judge_nvme(struct judging *j)
{
	judge_disk(j, tool_read_nvme);
}

/* ---- load tools ------------------------------------------------------------------------------ */

static void judge_load(struct judging *j, enum burnin_symptom symptom,
		       void (*read)(struct tool_end end, const char *output,
				    struct tool_outcome *ret))
{
	autofree char *text = xstrndup(j->text, j->n_bytes);
	struct burnin_finding finding = {.symptom = symptom};
	struct tool_outcome o;

	read(j->end, text, &o);
	if (symptom == SYMPTOM_DISK_READ_ERROR && o.wrong_data)
		finding.symptom = SYMPTOM_DISK_WRONG_DATA;
	(void)text_fit(j->message, sizeof(j->message), o.message);
	(void)text_fit(finding.message, sizeof(finding.message), o.message);
	j->verdict = o.verdict == TOOL_PASSED ? passed : unjudged;
	if (o.verdict == TOOL_FOUND_FAULT) {
		j->verdict = failed;
		note(j, &finding);
	}
	json_object_set_new(j->values, "errors", json_integer(o.n_errors));
	if (o.has_cpu)
		json_object_set_new(j->values, "cpu", json_integer(o.cpu));
	if (o.has_address) {
		autofree char *address = xasprintf("0x%llx", (unsigned long long)o.address);

		json_object_set_new(j->values, "address", json_string(address));
	}
}

/* What a stressor of stress-ng loads, by its name; others load processors. */
static const struct {
	const char *name; /* pattern */
	enum burnin_symptom symptom;
} stressors[] = {
	{"vm", SYMPTOM_MEMORY_MISCOMPARE},        {"vm-*", SYMPTOM_MEMORY_MISCOMPARE},
	{"mem*", SYMPTOM_MEMORY_MISCOMPARE},      {"bigheap", SYMPTOM_MEMORY_MISCOMPARE},
	{"stackmmap", SYMPTOM_MEMORY_MISCOMPARE}, {"malloc", SYMPTOM_MEMORY_MISCOMPARE},
	{"mmap*", SYMPTOM_MEMORY_MISCOMPARE},     {"mremap", SYMPTOM_MEMORY_MISCOMPARE},
	{"shm*", SYMPTOM_MEMORY_MISCOMPARE},      {"brk", SYMPTOM_MEMORY_MISCOMPARE},
	{"numa", SYMPTOM_MEMORY_MISCOMPARE},      {"stream", SYMPTOM_MEMORY_MISCOMPARE},
	{"pageswap", SYMPTOM_MEMORY_MISCOMPARE},  {"rmap", SYMPTOM_MEMORY_MISCOMPARE},
	{"remap", SYMPTOM_MEMORY_MISCOMPARE},     {"zero", SYMPTOM_MEMORY_MISCOMPARE},
	{"randlist", SYMPTOM_MEMORY_MISCOMPARE},  {"mlock*", SYMPTOM_MEMORY_MISCOMPARE},
	{"hdd", SYMPTOM_DISK_WRONG_DATA},         {"iomix", SYMPTOM_DISK_WRONG_DATA},
	{"readahead", SYMPTOM_DISK_WRONG_DATA},   {"seek", SYMPTOM_DISK_WRONG_DATA},
	{"aio*", SYMPTOM_DISK_WRONG_DATA},        {"revio", SYMPTOM_DISK_WRONG_DATA},
	{"sync-file", SYMPTOM_DISK_WRONG_DATA},   {"fallocate", SYMPTOM_DISK_WRONG_DATA},
	{"copy-file", SYMPTOM_DISK_WRONG_DATA},   {"io-uring", SYMPTOM_DISK_WRONG_DATA},
	{"rawdev", SYMPTOM_DISK_READ_ERROR},
};

/* "stress-ng: info:  [310] failed: 1: vm (1)": the summary's first name. */
static bool stressor_of_summary(const char *text, char name[static 33])
{
	const char *at = strstr(text, "] failed: ");

	if (!at)
		return false;
	at += strlen("] failed: ");
	at += strspn(at, "0123456789");
	if (!str_starts(at, ": "))
		return false;
	text_print(name, 33, "%.*s", (int)strcspn(at + 2, " \n"), at + 2);
	return *name != '\0';
}

/* "stress-ng: fail:  [123] stress-ng-vm: ..", "stress-ng: fail:  [123] vm-rw: ..": the name; false:
 * no line of a stressor that failed. */
static bool stressor_that_failed(const char *text, char name[static 33])
{
	const char *fail = strstr(text, "stress-ng: fail:");
	const char *at = fail ? strchr(fail, ']') : NULL;

	if (!at)
		return stressor_of_summary(text, name);
	at += strspn(at, "] ");
	at += str_starts(at, "stress-ng-") ? strlen("stress-ng-") : 0;
	text_print(name, 33, "%.*s", (int)strcspn(at, ": \n"), at);
	return true;
}

static void judge_stress_ng(struct judging *j)
{
	autofree char *text = xstrndup(j->text, j->n_bytes);
	enum burnin_symptom symptom = SYMPTOM_CPU_WRONG_RESULT;
	char name[33];

	if (stressor_that_failed(text, name))
		for (size_t i = 0; i < ARRAY_LEN(stressors); i++)
			if (str_glob(stressors[i].name, name)) {
				symptom = stressors[i].symptom;
				break;
			}
	judge_load(j, symptom, tool_read_stress_ng);
}

static void judge_stressapptest(struct judging *j)
{
	judge_load(j, SYMPTOM_MEMORY_MISCOMPARE, tool_read_stressapptest);
}

static void judge_memtester(struct judging *j)
{
	judge_load(j, SYMPTOM_MEMORY_MISCOMPARE, tool_read_memtester);
}

static void judge_fio(struct judging *j)
{
	judge_load(j, SYMPTOM_DISK_READ_ERROR, tool_read_fio);
}

static void judge_iperf3(struct judging *j)
{
	autofree char *text = xstrndup(j->text, j->n_bytes);
	struct tool_outcome o;
	int64_t mbps;

	tool_read_iperf3(j->end, text, &o, &mbps);
	j->verdict = o.verdict == TOOL_PASSED ? passed : unjudged;
	(void)text_fit(j->message, sizeof(j->message), o.message);
	if (mbps >= 0)
		json_object_set_new(j->values, "mbps", json_integer(mbps));
	json_object_set_new(j->values, "errors", json_integer(o.n_errors));
}

/* ---- the kernel ------------------------------------------------------------------------------ */

/* A log without an error line proves nothing: it may be cut, so the good verdict is that none was found. */
static void judge_kernel_log(struct judging *j)
{
	static const component_list none;
	unsigned n = kernel_log_read(
		&(struct kernel_log_reader){.components = &none, .found = note, .arg = j}, j->text,
		j->n_bytes);

	json_object_set_new(j->values, "error-lines", json_integer(n));
	j->verdict = j->n_failures ? failed : j->n_bytes ? passed : unjudged;
	if (!j->n_failures)
		(void)text_fit(j->message, sizeof(j->message),
			       j->n_bytes ? "no line reports a fault of hardware"
					  : "the log is empty");
}

static void judge_edac(struct judging *j)
{
	static const component_list none;
	int n = edac_text_read(j->text, j->n_bytes, &none, note, j);

	j->verdict = j->n_failures                               ? failed
		     : n > 0 && !j->end.signal && !j->end.status ? passed
								 : unjudged;
	if (!j->n_failures)
		(void)text_fit(j->message, sizeof(j->message),
			       n > 0 ? "no counter shows an error" : "no counter was found");
	json_object_set_new(j->values, "counters", json_integer(n));
}

#define EMPTY_LOG "SEL has no entries"

static void judge_bmc(struct judging *j,
		      int (*read)(const char *text, size_t n_bytes, bmc_found *found, void *arg),
		      const char *unit)
{
	int n = read(j->text, j->n_bytes, note, j);
	bool readable = n > 0 || memmem(j->text, j->n_bytes, EMPTY_LOG, strlen(EMPTY_LOG));

	j->verdict = j->n_failures                                  ? failed
		     : readable && !j->end.signal && !j->end.status ? passed
								    : unjudged;
	if (!j->n_failures)
		text_print(j->message, sizeof(j->message),
			   readable ? "%d %s, none reports a fault" : "%d %s were found", n, unit);
	json_object_set_new(j->values, unit, json_integer(n));
}

static void judge_sensors(struct judging *j)
{
	judge_bmc(j, bmc_sensors_read, "sensors");
}

static void judge_events(struct judging *j)
{
	judge_bmc(j, bmc_events_read, "entries");
}

static void judge_ethtool(struct judging *j)
{
	int n = ethtool_text_read(j->text, j->n_bytes, note, j);

	j->verdict = j->n_failures                               ? failed
		     : n > 0 && !j->end.signal && !j->end.status ? passed
								 : unjudged;
	if (!j->n_failures)
		text_print(j->message, sizeof(j->message),
			   n > 0 ? "%d counters, none counts errors of the line"
				 : "%d counters were found",
			   n);
	json_object_set_new(j->values, "counters", json_integer(n));
}

static const struct {
	const char *tool;
	void (*judge)(struct judging *j);
} tools[] = {
	{"ipmitool-sdr", judge_sensors},
	{"ipmitool-sensor", judge_sensors},
	{"ipmitool-sel", judge_events},
	{"smartctl", judge_smartctl},
	{"nvme", judge_nvme},
	{"stress-ng", judge_stress_ng},
	{"stressapptest", judge_stressapptest},
	{"memtester", judge_memtester},
	{"fio", judge_fio},
	{"iperf3", judge_iperf3},
	{"edac", judge_edac},
	{"ethtool", judge_ethtool},
	{"kernel-log", judge_kernel_log},
	{"dmesg", judge_kernel_log},
};

bool burnin_judge_knows(const char *tool)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (str_eq(tools[i].tool, tool))
			return true;
	return false;
}

void burnin_judge_names(struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		str_addf(out, "%s%s", i ? ", " : "", tools[i].tool);
}

static json_t *result(const char *tool, const struct judging *j)
{
	return json_pack("{s:s, s:o, s:i, s:s, s:o, s:O, s:O}", "tool", tool, "exit",
			 j->end.signal ? json_null() : json_integer(j->end.status), "signal",
			 j->end.signal, "verdict", j->verdict, "message",
			 json_string_of(j->message), "findings", j->findings, "values", j->values);
}

int burnin_judge(const char *tool, const struct tool_end *end, const char *text, size_t n_bytes,
		 json_t **ret, struct err *err)
{
	struct judging j = {.end = end ? *end : TOOL_EXITED(0),
			    .end_is_known = end != NULL,
			    .text = text,
			    .n_bytes = n_bytes,
			    .findings = json_array(),
			    .values = json_object(),
			    .verdict = unjudged};
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		if (!str_eq(tools[i].tool, tool))
			continue;
		tools[i].judge(&j);
		*ret = result(tool, &j);
		known = true;
	}
	json_decref(j.findings);
	json_decref(j.values);
	return known ? 0 : err_set(err, ERR_NOT_FOUND, "no reader for the tool '%.40s'", tool);
}
