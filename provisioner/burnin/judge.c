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

/* stress-ng loads what it was told to; a stressor of memory is named "vm", "memcpy" .. */
static void judge_stress_ng(struct judging *j)
{
	static const char *const memory[] = {
		"] vm: ", "] vm-",       "stress-ng-vm", "stress-ng-mem",
		"] mem",  "] bigheap: ", "] stackmmap: "};
	autofree char *text = xstrndup(j->text, j->n_bytes);
	char *fail = strstr(text, "stress-ng: fail:");
	enum burnin_symptom symptom = SYMPTOM_CPU_WRONG_RESULT;

	if (fail)
		fail[strcspn(fail, "\n")] = '\0';

	for (size_t i = 0; fail && i < ARRAY_LEN(memory); i++)
		if (strstr(fail, memory[i]))
			symptom = SYMPTOM_MEMORY_MISCOMPARE;
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

static void judge_bmc(struct judging *j,
		      int (*read)(const char *text, size_t n_bytes, bmc_found *found, void *arg),
		      const char *unit)
{
	int n = read(j->text, j->n_bytes, note, j);

	j->verdict = j->n_failures                               ? failed
		     : n > 0 && !j->end.signal && !j->end.status ? passed
								 : unjudged;
	if (!j->n_failures)
		text_print(j->message, sizeof(j->message),
			   n > 0 ? "%d %s, none reports a fault" : "%d %s were found", n, unit);
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
