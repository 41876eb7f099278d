/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stored output of a tool means, as JSON: for support, who gets such files, and for tests.
 * The readers are those that a burn-in uses.
 *
 * How to add a tool: 1. its reader. 2. a row in judge.c. 3. a row in tests/unit/burnin/test_judge.c.
 */
#ifndef BURNIN_JUDGE_H
#define BURNIN_JUDGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <base/err.h>
#include <base/str.h>
#include <burnin/tool_output.h>

/* {"tool", "exit", "signal", "verdict": "passed", "failed" or "not-judged", "message", "findings":
 * [{"verdict", "fails", "message", "part", "action"}], "values": {..}}. end: NULL, not known: the
 * status that the document itself holds, or 0. trust: none of the text. owns: *ret is the caller's.
 * errors: ERR_NOT_FOUND (no such tool). Text that cannot be read is a verdict, not an error. */
MUST_CHECK int burnin_judge(const char *tool, const struct tool_end *end, const char *text,
			    size_t n_bytes, json_t **ret, struct err *err);
bool burnin_judge_knows(const char *tool);
/* The names of tools, separated by ", ". */
void burnin_judge_names(struct str *out);

#endif
