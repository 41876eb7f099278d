/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of memory controllers from text; see edac_text.h. Two forms:
 *     mc0: csrow2: mc#0csrow#2channel#0: 7 Corrected Errors
 *     mc#0csrow#2channel#0    7       0
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
	text_print(f.message, sizeof(f.message), "%s of %.64s is %lld",
		   corrected ? "edac-ce" : "edac-ue", label, n);
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

static void read_line(struct reading *x, const regex_t forms[static 2], const char *line)
{
	regmatch_t m[4];
	char label[65], a[65], b[65];

	if (regexec(&forms[0], line, 4, m, 0) == 0) {
		group(line, &m[1], label);
		group(line, &m[2], a);
		count(x, label, a, toupper((unsigned char)line[m[3].rm_so]) == 'C');
	} else if (regexec(&forms[1], line, 4, m, 0) == 0) {
		group(line, &m[1], label);
		group(line, &m[2], a);
		group(line, &m[3], b);
		count(x, label, a, true);
		count(x, label, b, false);
	}
}

int edac_text_read(const char *text, size_t n_bytes, const component_list *components,
		   void (*found)(void *arg, const struct burnin_finding *finding), void *arg)
{
	struct reading x = {components, found, arg, 0};
	struct sv rest = {text, n_bytes};
	regex_t forms[2];

	BUG_ON(regcomp(&forms[0], "^mc[0-9]+: *(.*[^ ]): *([0-9]+) (Corrected|Uncorrected|CE|UE)",
		       REG_EXTENDED) != 0);
	BUG_ON(regcomp(&forms[1], "^(.*[^ \t])[ \t]+([0-9]+)[ \t]+([0-9]+)[ \t]*$", REG_EXTENDED) !=
	       0);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		char clean[LINE_MAX_BYTES];

		text_print(clean, sizeof(clean), "%.*s",
			   (int)(line.n < LINE_MAX_BYTES ? line.n : LINE_MAX_BYTES), line.p);
		read_line(&x, forms, clean);
	}
	regfree(&forms[0]);
	regfree(&forms[1]);
	return x.n;
}
