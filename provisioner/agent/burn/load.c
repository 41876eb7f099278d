/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory under load, with the tools that check their own results: stressapptest, stress-ng --verify,
 * memtester. Tools are rows; the first one that the ramdisk has is used, and a tool that could not
 * run gives no verdict.
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
#define MEMORY_PERCENT 95     /* of what is available */
#define SPARE_MIB      200    /* for the agent and the tool itself, on small hosts */

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
		struct suspects s;

		suspects_at(&b->components, outcome->has_address ? &outcome->address : NULL, &s);
		burnin_blame(&finding, &s);
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
