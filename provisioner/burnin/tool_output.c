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

static void say(struct tool_outcome *ret, enum tool_verdict verdict, struct sv line)
{
	struct str clean;
	size_t n = line.n < sizeof(ret->message) - 1 ? line.n : sizeof(ret->message) - 1;
	char raw[sizeof(ret->message)];

	ret->verdict = verdict;
	memcpy(raw, line.p, n);
	raw[n] = '\0';
	str_init(&clean, 4 * sizeof(raw));
	str_add_printable(&clean, raw);
	(void)text_fit(ret->message, sizeof(ret->message), clean.p);
	str_done(&clean);
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

void tool_read_stress_ng(int exit_code, const char *output, struct tool_outcome *ret)
{
	*ret = (struct tool_outcome){0};
	/* "stress-ng: fail:  [123] cpu: ..." is printed by a stressor whose check went wrong. */
	if (has(output, "stress-ng: fail:") || exit_code == 2)
		say(ret, TOOL_FOUND_FAULT, find_line(output, "stress-ng: fail:"));
	else if (exit_code == 0)
		say(ret, TOOL_PASSED, find_line(output, "successful run completed"));
	else
		say(ret, TOOL_NOT_RUN, find_line(output, "stress-ng: error:"));
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

void tool_read_stressapptest(int exit_code, const char *output, struct tool_outcome *ret)
{
	*ret = (struct tool_outcome){0};
	ret->n_errors = count_after(output, "hardware incidents,");
	if (ret->n_errors == 0)
		ret->n_errors = count_after(output, "Found");
	/* HW: it may print PASS over mismatches that went away on a second look; those count. */
	if (has(output, "discovered HW problems") || has(output, "miscompare") ||
	    has(output, "CRC mismatch") || ret->n_errors > 0)
		say(ret, TOOL_FOUND_FAULT, find_line(output, "Error:"));
	else if (exit_code == 0 && has(output, "Status: PASS"))
		say(ret, TOOL_PASSED, find_line(output, "Status: PASS"));
	else
		say(ret, TOOL_NOT_RUN, find_line(output, "Process Error"));
}

void tool_read_memtester(int exit_code, const char *output, struct tool_outcome *ret)
{
	*ret = (struct tool_outcome){0};
	if (exit_code < 128 && (exit_code & 6))
		say(ret, TOOL_FOUND_FAULT, find_line(output, "FAILURE"));
	else if (exit_code == 0 && has(output, "Done."))
		say(ret, TOOL_PASSED, find_line(output, "Done."));
	else
		say(ret, TOOL_NOT_RUN, find_line(output, "failed"));
}
