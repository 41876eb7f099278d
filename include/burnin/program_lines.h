/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test program of the catalogue prints: JSON lines, as CATALOGUE.md describes them. A fault
 * that a line reports counts however the program ended; a pass needs every line to be well-formed,
 * at least one PASS, all measurements that the file bounds, and status 0.
 */
#ifndef BURNIN_PROGRAM_LINES_H
#define BURNIN_PROGRAM_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <burnin/catalogue.h>
#include <burnin/tool_output.h>

#define PROGRAM_LINE_MAX_BYTES 4096
#define PROGRAM_LINES_MAX      10000

/* Exit codes of a program; others, and signals, give no verdict. */
enum program_exit { PROGRAM_JUDGED = 0, PROGRAM_FAULT = 1, PROGRAM_SKIPPED = 3 };

struct program_measurement {
	const struct component *component; /* NULL: none */
	const char *name, *unit;
	double value;
	const struct catalogue_bound *bound; /* NULL: none */
};

/* Functions may be NULL. */
struct program_reader {
	const struct catalogue_test *test;
	const component_list *components;
	void (*found)(void *arg, const struct burnin_finding *f);
	void (*passed)(void *arg, const struct component *c, const char *verdict,
		       const char *message);
	void (*measured)(void *arg, const struct program_measurement *m);
	void (*logged)(void *arg, const char *text);
	void *arg;
};

struct program_outcome {
	enum tool_verdict verdict;
	bool skipped; /* TOOL_NOT_RUN, and the program said why it cannot judge here */
	unsigned n_passed, n_failed;
	char message[257]; /* of what is not a pass */
};

/* trust: none of the text. */
void program_lines_read(const struct program_reader *r, struct tool_end end, const char *text,
			size_t n_bytes, struct program_outcome *ret);

#endif
