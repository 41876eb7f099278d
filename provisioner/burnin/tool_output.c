/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the load tools; see tool_output.h. Exit codes are believed before text, and neither is
 * believed alone when they disagree: a PASS in the text after a bad exit code is a fault or no run,
 * never a pass.
 */
#include <burnin/tool_output.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/str.h>

void tool_outcome_set(struct tool_outcome *ret, enum tool_verdict verdict, const char *text,
		      size_t n_bytes)
{
	size_t n = n_bytes < sizeof(ret->message) - 1 ? n_bytes : sizeof(ret->message) - 1;
	char raw[sizeof(ret->message)];
	struct str clean;

	ret->verdict = verdict;
	memcpy(raw, text, n);
	raw[n] = '\0';
	/* Printable text is ASCII: it may be cut anywhere. */
	str_init(&clean, 4 * sizeof(raw));
	str_add_printable(&clean, raw);
	(void)text_fit(ret->message, sizeof(ret->message), clean.p);
	str_done(&clean);
}

static void say(struct tool_outcome *ret, enum tool_verdict verdict, struct sv line)
{
	tool_outcome_set(ret, verdict, line.p, line.n);
}

/* First line that has the word; the last non-empty line if none has it. */
static struct sv find_line(const char *output, const char *word)
{
	struct sv rest = sv_of(output), last = {"", 0};

	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));

		if (line.n && memmem(line.p, line.n, word, strlen(word)))
			return line;
		if (line.n)
			last = line;
	}
	return last;
}

static bool has(const char *output, const char *word)
{
	return strstr(output, word) != NULL;
}

/* The line with the word, or the tool's status: a last line that reports success explains nothing. */
static void say_why(struct tool_outcome *ret, struct tool_end end, const char *output,
		    const char *word)
{
	struct sv line = find_line(output, word);
	char text[64];

	if (!memmem(line.p, line.n, "successful run", strlen("successful run"))) {
		say(ret, TOOL_NOT_RUN, line);
		return;
	}
	text_print(text, sizeof(text), "stress-ng ended with %s %d",
		   end.signal ? "signal" : "status", end.signal ? end.signal : end.status);
	say(ret, TOOL_NOT_RUN, sv_of(text));
}

/* The number in a line of the summary, "stress-ng: info:  [310] skipped: 4: cpu (4)"; -1 if the
 * summary has no such line. Stressors print lines of their own with the same words: the number must
 * follow the process id. */
static int64_t summary_of(const char *output, const char *word)
{
	struct sv rest = sv_of(output);
	int64_t n = -1;

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		const char *at = memchr(line.p, ']', line.n);
		size_t left = at ? (size_t)(line.p + line.n - at) : 0;
		char text[48];

		if (left < 3 || !memmem(line.p, line.n, "stress-ng: ", strlen("stress-ng: ")))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(left - 2), at + 2);
		if (str_starts(text, word) && isdigit((unsigned char)text[strlen(word)]))
			n = strtoll(text + strlen(word), NULL, 10);
	}
	return n;
}

/* How versions without a summary write that a stressor did not run; "" if the output does not. */
static const char *skip_words(const char *output)
{
	static const char *const words[] = {" will be skipped", "skipping stressor",
					    "stressor skipped", "aborted early"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has(output, words[i]))
			return words[i];
	return "";
}

void tool_read_stress_ng(struct tool_end end, const char *output, struct tool_outcome *ret)
{
	int64_t skipped = summary_of(output, "skipped: ");
	int64_t passed = summary_of(output, "passed: ");
	int64_t failed = summary_of(output, "failed: ");
	bool fails = has(output, "stress-ng: fail:") || failed > 0;

	*ret = (struct tool_outcome){.n_errors = failed > 0 ? failed : 0};
	int64_t untrusted = summary_of(output, "metrics untrustworthy: ");

	/* "stress-ng: fail:  [123] cpu: ..." is printed by a stressor whose check went wrong. */
	if (fails || (!end.signal && end.status == 2))
		say(ret, TOOL_FOUND_FAULT,
		    find_line(output,
			      has(output, "stress-ng: fail:") ? "stress-ng: fail:" : "failed: "));
	else if (skipped > 0)
		say(ret, TOOL_NOT_RUN, find_line(output, "skipped: "));
	else if (untrusted > 0)
		say(ret, TOOL_NOT_RUN, find_line(output, "metrics untrustworthy: "));
	else if (passed == 0)
		say(ret, TOOL_NOT_RUN, find_line(output, "passed: "));
	else if (passed < 0 && *skip_words(output))
		say(ret, TOOL_NOT_RUN, find_line(output, skip_words(output)));
	else if (!end.signal && end.status == 0 && has(output, " successful run completed"))
		say(ret, TOOL_PASSED, find_line(output, " successful run completed"));
	else
		say_why(ret, end, output, "stress-ng: error:");
}

static int64_t count_after(const char *output, const char *word)
{
	const char *p = strstr(output, word);
	int64_t n = 0;

	for (p = p ? p + strlen(word) : ""; *p && (isspace((unsigned char)*p) || *p == ':'); p++)
		;
	for (; isdigit((unsigned char)*p) && n < INT64_MAX / 100; p++)
		n = n * 10 + (*p - '0');
	return n;
}

/* "Hardware Error: miscompare on CPU 3(0x8) at 0x7f3a10(0x1234000:DIMM Unknown): read:.." */
static void find_place(const char *output, struct tool_outcome *ret)
{
	const char *at = strstr(output, "miscompare on CPU ");
	unsigned long long virtual, physical;
	int cpu;

	if (at &&
	    sscanf(at, "miscompare on CPU %d(%*[^)]) at %llx(%llx:", &cpu, &virtual, &physical) ==
		    3 &&
	    cpu >= 0) {
		ret->has_cpu = true;
		ret->cpu = cpu;
		ret->has_address = physical != 0;
		ret->address = physical;
	}
}

void tool_read_stressapptest(struct tool_end end, const char *output, struct tool_outcome *ret)
{
	*ret = (struct tool_outcome){0};
	ret->n_errors = count_after(output, "hardware incidents,");
	if (ret->n_errors == 0)
		ret->n_errors = count_after(output, "Found");
	if (ret->n_errors == 0)
		ret->n_errors = count_after(output, "s, with");
	find_place(output, ret);
	/* HW: it may print PASS over mismatches that went away on a second look; those count. */
	if (has(output, "discovered HW problems") || has(output, "miscompare") ||
	    has(output, "CRC mismatch") || ret->n_errors > 0)
		say(ret, TOOL_FOUND_FAULT, find_line(output, "Error:"));
	else if (!end.signal && end.status == 0 && has(output, "Status: PASS"))
		say(ret, TOOL_PASSED, find_line(output, "Status: PASS"));
	else
		say(ret, TOOL_NOT_RUN, find_line(output, "Process Error"));
}

#define MEMTESTER_FOUND 6 /* bits 1 and 2 */

void tool_read_memtester(struct tool_end end, const char *output, struct tool_outcome *ret)
{
	*ret = (struct tool_outcome){0};
	if (has(output, "FAILURE") || has(output, "possible bad address line") ||
	    (!end.signal && (end.status & MEMTESTER_FOUND)))
		say(ret, TOOL_FOUND_FAULT,
		    find_line(output,
			      has(output, "FAILURE") ? "FAILURE" : "possible bad address line"));
	else if (!end.signal && end.status == 0 && has(output, "Done."))
		say(ret, TOOL_PASSED, find_line(output, "Done."));
	else
		say(ret, TOOL_NOT_RUN, find_line(output, "failed"));
}
