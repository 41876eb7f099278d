/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU and memory under load, with the tools that check their own results: stress-ng --verify,
 * stressapptest, memtester. Tools are rows; the first one that the ramdisk has is used, and a tool
 * that could not run gives no verdict.
 */
#include "burn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/process.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define START_STOP_MS  180000 /* filling memory before, comparing after: slow on emulated CPUs */
#define RETESTS        10
#define RETEST_MAX_S   30
#define MEMORY_PERCENT 95  /* of what is available */
#define SPARE_MIB      200 /* for the agent and the tool itself, on small hosts */

static bool keep_going(void *arg)
{
	return burn_tick(arg);
}

/* Run a tool to its end; its two outputs become one text. */
static int run_tool(struct burn *b, const char *const *argv, int64_t seconds,
		    struct tool_end *ret_end, char **ret_output, struct err *err)
{
	struct process_options options = {
		.argv = argv,
		.timeout_ms = seconds * 1000 + START_STOP_MS,
		.keep_going = keep_going,
		.arg = b,
	};
	struct process_result result = {0};

	TRY(process_run(&options, &result, err));
	*ret_end = (struct tool_end){result.exit_code, result.signal};
	*ret_output = xasprintf("%s\n%s", result.errors, result.out);
	process_result_done(&result);
	return 0;
}

/* Which part it is: by the CPU that the tool names, else each of its kind may be. */
static void blame_kind(const struct burn *b, enum component_kind kind, struct burnin_finding *f)
{
	struct suspects s;

	suspects_fitting(&b->components, kind, NULL, NULL, &s);
	burnin_blame(f, &s);
}

/* ---- CPU ------------------------------------------------------------------------------------- */

/* "0,2,4": the logical CPUs of a package; false if there are none, or more than fit. */
bool burn_cpus_of(const char *root, const char *package, char *ret, size_t ret_bytes)
{
	autonames struct sysfs_names cpus = sysfs_list(root, "sys/devices/system/cpu");
	struct str list;

	str_init(&list, ret_bytes - 1);
	for (size_t i = 0; i < cpus.n; i++) {
		const char *digits = cpus.names[i] + strlen("cpu");
		char id[32];

		if (!str_starts(cpus.names[i], "cpu") || !*digits ||
		    strspn(digits, "0123456789") != strlen(digits) ||
		    !sysfs_text(root, id, sizeof(id),
				"sys/devices/system/cpu/%s/topology/physical_package_id",
				cpus.names[i]) ||
		    !str_eq(id, package))
			continue;
		str_addf(&list, "%s%s", list.n_bytes ? "," : "", digits);
	}
	bool good = list.n_bytes && str_ok(&list) && str_copy(ret, ret_bytes, list.p);
	str_done(&list);
	return good;
}

/* cpus: where it may run; NULL for everywhere. */
static int run_cpu(struct burn *b, int64_t seconds, const char *cpus, struct tool_outcome *ret,
		   struct err *err)
{
	autofree char *timeout = xasprintf("%llds", (long long)seconds);
	autofree char *seed = xasprintf("%llu", (unsigned long long)b->plan->seed);
	const char *argv[] = {"stress-ng", "--cpu",     "0",     "--cpu-method", "all",
			      "--verify",  "--timeout", timeout, "--seed",       seed,
			      NULL,        NULL,        NULL};
	autofree char *output = NULL;
	struct tool_end end;

	if (cpus) {
		argv[10] = "--taskset";
		argv[11] = cpus;
	}
	TRY(run_tool(b, argv, seconds, &end, &output, err));
	tool_read_stress_ng(end, output, ret);
	return 0;
}

static int64_t retest_s(const struct burn *b)
{
	int64_t share = b->test_s / 4 + 1;

	return share < RETEST_MAX_S ? share : RETEST_MAX_S;
}

/* How often of n runs it is wrong again; -1: the run must stop, or the tool did. */
static int count_again(struct burn *b, int n, const char *cpus)
{
	struct tool_outcome again;
	int reproduced = 0;

	for (int i = 0; i < n; i++) {
		if (run_cpu(b, retest_s(b), cpus, &again, NULL) < 0)
			return -1;
		reproduced += again.verdict == TOOL_FOUND_FAULT;
	}
	return reproduced;
}

/* With several sockets, each is tried alone: the one that is wrong again is named. */
static void blame_socket(struct burn *b, struct burnin_finding *f)
{
	const struct component *guilty = NULL;
	unsigned n_guilty = 0;

	blame_kind(b, COMPONENT_CPU, f);
	for (size_t i = 0; i < b->components.n && f->suspects.n_all > 1; i++) {
		const struct component *c = &b->components.items[i];
		char cpus[2048];

		if (c->kind != COMPONENT_CPU || !burn_cpus_of("", c->key, cpus, sizeof(cpus)) ||
		    count_again(b, RETESTS / 2, cpus) <= 0)
			continue;
		guilty = c;
		n_guilty++;
	}
	if (n_guilty == 1)
		f->component = guilty;
}

/* One mismatch confirmed by running again is a verdict; the number says how reproducible it is. */
static void retest_cpu(struct burn *b, const char *step, const struct tool_outcome *first)
{
	struct burnin_finding finding = {.symptom = SYMPTOM_CPU_WRONG_RESULT};
	int reproduced = count_again(b, RETESTS, NULL);

	blame_socket(b, &finding);
	text_print(finding.message, sizeof(finding.message), "%.180s; seen again in %d of %d",
		   first->message, reproduced < 0 ? 0 : reproduced, RETESTS);
	burn_found(b, step, &finding);
}

enum burn_end burn_test_cpu(struct burn *b, const char *step)
{
	struct tool_outcome outcome;
	struct err err = ERR_INIT;

	if (run_cpu(b, b->test_s, NULL, &outcome, &err) < 0) {
		ocp_error(&b->stream, step, "tool-not-run", err.msg);
		return err.code == ERR_CANCELLED ? BURN_STOPPED : BURN_ERROR;
	}
	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){
			    .name = "cpu-verify-time", .value = (double)b->test_s, .unit = "s"});
	if (outcome.verdict == TOOL_NOT_RUN) {
		ocp_error(&b->stream, step, "tool-not-run", outcome.message);
		return BURN_ERROR;
	}
	if (outcome.verdict == TOOL_FOUND_FAULT) {
		retest_cpu(b, step, &outcome);
		return BURN_JUDGED;
	}
	for (size_t i = 0; i < b->components.n; i++)
		if (b->components.items[i].kind == COMPONENT_CPU)
			burn_passed(b, step, &b->components.items[i], "cpu-verify-pass",
				    "all results were right");
	return BURN_JUDGED;
}

/* ---- memory ---------------------------------------------------------------------------------- */

int64_t burn_available_mib(void)
{
	autoclose_file FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	long long kib;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lld kB", &kib) == 1)
			return kib / 1024;
	return 0;
}

#define MAX_ARGUMENTS 16
struct command {
	const char *argv[MAX_ARGUMENTS];
	char mib[32], seconds[32], workers[32];
};

static void stress_ng_command(struct command *c)
{
	const char *argv[] = {"stress-ng", "--vm",     c->workers,  "--vm-bytes", c->mib,
			      "--vm-keep", "--verify", "--timeout", c->seconds,   NULL};

	memcpy(c->argv, argv, sizeof(argv));
}

static void stressapptest_command(struct command *c)
{
	const char *argv[] = {"stressapptest", "-M", c->mib, "-s", c->seconds, "-W", "-l",
			      "/dev/null",     "-v", "6",    NULL};

	memcpy(c->argv, argv, sizeof(argv));
}

static void memtester_command(struct command *c)
{
	const char *argv[] = {"memtester", c->mib, "1", NULL};

	memcpy(c->argv, argv, sizeof(argv));
}

/* stressapptest loads the bus best; stress-ng's patterns are everywhere; memtester has no clock, so
 * it comes last and only with what it can do in time. */
static const struct memory_tool {
	const char *name;
	const char *mib_suffix, *seconds_suffix;
	void (*command)(struct command *c);
	void (*read)(struct tool_end end, const char *output, struct tool_outcome *ret);
} memory_tools[] = {
	{"stressapptest", "", "", stressapptest_command, tool_read_stressapptest},
	{"stress-ng", "M", "s", stress_ng_command, tool_read_stress_ng},
	{"memtester", "M", "", memtester_command, tool_read_memtester},
};

/* 1: ran (look at the outcome), 0: this tool is not here or could not start, < 0: stopped. */
static int try_memory_tool(struct burn *b, const char *step, const struct memory_tool *tool,
			   int64_t mib, struct tool_outcome *ret)
{
	struct command c = {0};
	struct err err = ERR_INIT;
	autofree char *output = NULL;
	struct tool_end end;

	snprintf(c.mib, sizeof(c.mib), "%lld%s", (long long)mib, tool->mib_suffix);
	snprintf(c.seconds, sizeof(c.seconds), "%lld%s", (long long)b->test_s,
		 tool->seconds_suffix);
	snprintf(c.workers, sizeof(c.workers), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	tool->command(&c);
	if (run_tool(b, c.argv, b->test_s, &end, &output, &err) < 0) {
		if (err.code != ERR_PROCESS_MISSING)
			ocp_error(&b->stream, step, "tool-not-run", err.msg);
		return err.code == ERR_CANCELLED ? -1 : 0;
	}
	tool->read(end, output, ret);
	if (ret->verdict == TOOL_NOT_RUN)
		ocp_log(&b->stream, step, "WARNING", ret->message);
	return ret->verdict != TOOL_NOT_RUN;
}

static void judge_memory(struct burn *b, const char *step, const struct memory_tool *tool,
			 const struct tool_outcome *outcome)
{
	struct burnin_finding finding = {.symptom = SYMPTOM_MEMORY_MISCOMPARE};
	autofree char *text = xasprintf("%s: %s", tool->name, outcome->message);

	if (outcome->verdict == TOOL_FOUND_FAULT) {
		blame_kind(b, COMPONENT_DIMM, &finding);
		(void)text_fit(finding.message, sizeof(finding.message), outcome->message);
		burn_found(b, step, &finding);
		return;
	}
	burn_passed(b, step, NULL, "memory-pattern-pass", text);
}

int64_t burn_memory_to_test(int64_t available_mib)
{
	int64_t share = available_mib * MEMORY_PERCENT / 100, rest = available_mib - SPARE_MIB;

	/* Small hosts keep what the ramdisk needs; tiny ones test half. */
	if (rest < available_mib / 2)
		rest = available_mib / 2;
	return share < rest ? share : rest;
}

enum burn_end burn_test_memory(struct burn *b, const char *step)
{
	int64_t available = burn_available_mib(), mib = burn_memory_to_test(available);
	struct tool_outcome outcome;

	if (mib < 8)
		return BURN_ERROR;
	for (size_t i = 0; i < ARRAY_LEN(memory_tools); i++) {
		int r = try_memory_tool(b, step, &memory_tools[i], mib, &outcome);

		if (r < 0)
			return BURN_STOPPED;
		if (r == 0)
			continue;
		ocp_measure(&b->stream, step,
			    &(struct ocp_measurement){
				    .name = "memory-tested", .value = (double)mib, .unit = "MiB"});
		ocp_measure(&b->stream, step,
			    &(struct ocp_measurement){.name = "memory-available",
						      .value = (double)available,
						      .unit = "MiB"});
		judge_memory(b, step, &memory_tools[i], &outcome);
		return BURN_JUDGED;
	}
	return BURN_ERROR;
}
