/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest profile is the one with the fewest patterns that do not fit; of equals the one of
 * the highest priority. The proposal matches by MAC, which is checked, and never by a text of the
 * machine: one that calls itself "*" would let in all. Input: profiles of operators, strings from
 * hosts.
 */
#include "profile_near.h"

#include <stdio.h>
#include <base/json.h>
#include <base/str.h>
#include <base/text.h>

#define PRIORITY_OF_ONE 1000 /* above what it is made from */

struct comparison {
	const char *word, *pattern, *found;
};

#define N_COMPARED 5

static void compare(const struct profile *p, const struct profile_subject *s,
		    struct comparison ret[static N_COMPARED])
{
	const struct comparison all[N_COMPARED] = {
		{"serial", p->serial, s->serial},
		{"manufacturer", p->manufacturer, s->manufacturer},
		{"product", p->product, s->product},
		{"arch", p->arch, s->arch},
		{"mac", p->mac, s->macs}};

	memcpy(ret, all, sizeof(all));
}

static bool fits(const struct comparison *c)
{
	return !c->pattern[0] || str_glob(c->pattern, c->found ? c->found : "");
}

static size_t count_misfits(const struct profile *p, const struct profile_subject *s)
{
	struct comparison all[N_COMPARED];
	size_t n = 0;

	compare(p, s, all);
	for (size_t i = 0; i < N_COMPARED; i++)
		n += !fits(&all[i]);
	return n;
}

static void add_misfits(struct str *out, const struct profile *p, const struct profile_subject *s)
{
	struct comparison all[N_COMPARED];
	const char *before = "";

	compare(p, s, all);
	for (size_t i = 0; i < N_COMPARED; i++) {
		if (fits(&all[i]))
			continue;
		str_addf(out, "%sits %s is '%s', this machine's is '%s'", before, all[i].word,
			 all[i].pattern, all[i].found ? all[i].found : "");
		before = "; ";
	}
}

static const struct profile *find_nearest(const struct profile *list, size_t n,
					  const struct profile_subject *s)
{
	const struct profile *best = NULL;
	size_t fewest = N_COMPARED + 1;

	for (size_t i = 0; i < n; i++) {
		size_t misfits = count_misfits(&list[i], s);
		if (misfits > 0 && !list[i].enrol)
			continue; /* it would not let it in if it fitted */
		if (misfits < fewest) {
			best = &list[i];
			fewest = misfits;
		}
	}
	return best;
}

void profile_nearest(const struct profile *list, size_t n, const struct profile_subject *s,
		     struct profile_near *ret)
{
	const struct profile *p = find_nearest(list, n, s);
	bool matches = p && profile_matches(p, s);
	autostr struct str out;

	str_init(&out, 4096);
	*ret = (struct profile_near){.nearest = p, .lets_in = matches && p->enrol};
	if (ret->lets_in)
		str_addf(&out, "profile '%s' lets it in now; let it boot from the network again",
			 p->name);
	else if (matches)
		str_addf(&out, "profile '%s' fits, and its \"enrol\" is false", p->name);
	else if (n == 0)
		str_add(&out, "there is no profile yet");
	else if (!p)
		str_add(&out, "no profile has \"enrol\": true");
	else {
		str_addf(&out, "profile '%s' fits nearly: ", p->name);
		add_misfits(&out, p, s);
	}
	(void)text_fit(ret->why, sizeof(ret->why), out.p);
}

static const char *tier_of(const struct profile *p)
{
	return p && p->has_burn_in ? p->tier : "quick";
}

json_t *profile_for_one(const struct profile *nearest, const char *mac)
{
	char name[32] = "one-";
	size_t n = strlen(name);

	for (const char *c = mac; *c && n + 1 < sizeof(name); c++)
		if (*c != ':')
			name[n++] = *c;
	int64_t priority = nearest && nearest->priority > PRIORITY_OF_ONE - 1
				   ? nearest->priority + 1
				   : PRIORITY_OF_ONE;
	return json_pack("{s:s, s:I, s:{s:s}, s:b, s:b, s:{s:s}}", "name", name, "priority",
			 (json_int_t)priority, "match", "mac", mac, "enrol", 1, "auto_approve", 0,
			 "burnin", "tier", tier_of(nearest));
}
