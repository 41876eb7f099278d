/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of memory controllers from text; see edac_text.h. The forms are those of edac-util,
 * ras-mc-ctl --error-count, --summary and --errors, and `grep . /sys/devices/system/edac/mc/mc0/...`:
 *     mc0: csrow2: mc#0csrow#2channel#0: 7 Corrected Errors
 *     mc#0csrow#2channel#0    7       0
 *     Corrected on DIMM Label(s): 'CPU1_DIMM_A1' location: 0:0:0:-1 errors: 7
 *     1 2026-01-01 00:00:00 +0000 7 Corrected error(s): memory read error at A1 location: 0:0:-1
 *     /sys/devices/system/edac/mc/mc0/dimm3/dimm_ce_count:7
 */
#include <burnin/edac_text.h>

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#define LINE_MAX_BYTES 512

struct reading {
	const component_list *components;
	void (*found)(void *arg, const struct burnin_finding *finding);
	void *arg;
	int n;
};

static void count(struct reading *x, const char *label, const char *number, bool corrected)
{
	struct burnin_finding f = {.symptom = corrected ? SYMPTOM_DIMM_CORRECTABLE
							: SYMPTOM_DIMM_UNCORRECTABLE};
	struct edac_place place = {0};
	struct suspects suspects;
	long long n = strtoll(number, NULL, 10);

	x->n++;
	if (n <= 0)
		return;
	(void)text_fit(place.label, sizeof(place.label), label);
	(void)dimm_place_of_label(label, &place.place);
	suspects_of_edac(x->components, &place, &suspects);
	burnin_blame(&f, &suspects);
	text_print(f.message, sizeof(f.message), "%s%s%.64s is %lld",
		   corrected ? "edac-ce" : "edac-ue", *label ? " of " : "", label, n);
	x->found(x->arg, &f);
}

/* The text of group i of a line; cut to what a label may have. */
static void group(const char *line, const regmatch_t *m, char ret[static 65])
{
	size_t n = (size_t)(m->rm_eo - m->rm_so);

	n = n < 64 ? n : 64;
	memcpy(ret, line + m->rm_so, n);
	ret[n] = '\0';
}

/* Groups of a form; 0: it has none. A form without a kind has corrected errors in the number and
 * uncorrected ones in the second number. */
static const struct form {
	const char *text; /* POSIX extended */
	int label, kind, number, second;
} forms[] = {
	{"^mc[0-9]+: *([0-9]+) (Corrected|Uncorrected) Errors with no DIMM info", 0, 2, 1, 0},
	{"^mc[0-9]+: *(.*[^ ]): *([0-9]+) (Corrected|Uncorrected|CE|UE)", 1, 3, 2, 0},
	{"^[ \t]*(Corrected|Uncorrected|Fatal|Deferred) on DIMM Label\\(s\\): '([^']*)'.*errors: "
	 "([0-9]+)",
	 2, 1, 3, 0},
	{"^[ \t]*(Corrected|Uncorrected|Fatal|Deferred) on DIMM Label\\(s\\): (.*[^ ]) "
	 "+location:.*errors: ([0-9]+)",
	 2, 1, 3, 0},
	{"^[0-9]+ [0-9]{4}-[0-9-]+ .* ([0-9]+) (Corrected|Uncorrected|Fatal|Deferred) "
	 "error\\(s\\): .* at (.*[^ ]) +location:",
	 3, 2, 1, 0},
	{"(mc[0-9]+(/[a-z]+[0-9]+)?)/(ch[0-9]+_|dimm_)?(ce|ue)(_noinfo)?_count: ?([0-9]+)", 1, 4, 6,
	 0},
	{"^(.*[^ \t])[ \t]+([0-9]+)[ \t]+([0-9]+)[ \t]*$", 1, 0, 2, 3},
};
#define MAX_GROUPS 7

static void take(struct reading *x, const struct form *f, const char *line, const regmatch_t *m)
{
	char label[65] = "", n[65];

	if (f->label)
		group(line, &m[f->label], label);
	group(line, &m[f->number], n);
	count(x, label, n, !f->kind || tolower((unsigned char)line[m[f->kind].rm_so]) == 'c');
	if (!f->second)
		return;
	group(line, &m[f->second], n);
	count(x, label, n, false);
}

static void read_line(struct reading *x, const regex_t *compiled, const char *line)
{
	regmatch_t m[MAX_GROUPS];

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (regexec(&compiled[i], line, MAX_GROUPS, m, 0) == 0) {
			take(x, &forms[i], line, m);
			return;
		}
	x->n += strstr(line, "edac-util: No errors to report") != NULL;
}

int edac_text_read(const char *text, size_t n_bytes, const component_list *components,
		   void (*found)(void *arg, const struct burnin_finding *finding), void *arg)
{
	struct reading x = {components, found, arg, 0};
	struct sv rest = {text, n_bytes};
	regex_t compiled[ARRAY_LEN(forms)];

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		BUG_ON(regcomp(&compiled[i], forms[i].text, REG_EXTENDED) != 0);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		char clean[LINE_MAX_BYTES];

		text_print(clean, sizeof(clean), "%.*s",
			   (int)(line.n < LINE_MAX_BYTES ? line.n : LINE_MAX_BYTES), line.p);
		read_line(&x, compiled, clean);
	}
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		regfree(&compiled[i]);
	return x.n;
}
