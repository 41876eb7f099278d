/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event log of the BMC around each test, through its KCS interface: entries that came while a
 * test ran belong to that test. How many there are costs a few requests; the entries themselves,
 * which need the names of all sensors, are read only when there are more than before.
 */
#include "burn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/process.h>
#include <base/str.h>
#include <burnin/bmc_text.h>
#include <burnin/fru_text.h>

#define DEVICE      "/dev/ipmi0"
#define TOOL_MS     120000 /* BMCs under load take a minute for their sensors' names */
#define ENTRIES_MAX 64     /* of one test: a log that is flooded says the same again */

int64_t burn_event_count(const char *info)
{
	struct sv rest = sv_of(info);

	while (rest.n) {
		struct sv value = sv_split(&rest, '\n');
		struct sv key = sv_trim(sv_split(&value, ':'));
		autofree char *text = NULL;
		uint64_t n;

		if (!sv_eq_str(key, "Entries"))
			continue;
		value = sv_trim(value);
		text = xstrndup(value.p, value.n);
		return parse_u64(text, &n) && n <= UINT16_MAX ? (int64_t)n : -1;
	}
	return -1;
}

/* What ipmitool prints; NULL if it fails. The caller frees. */
static char *ask(const char *const *argv)
{
	struct process_options options = {.argv = argv, .timeout_ms = TOOL_MS};
	struct process_result result = {0};
	char *text = NULL;

	if (access(DEVICE, F_OK) != 0 || process_run(&options, &result, NULL) < 0)
		return NULL;
	if (result.exit_code == 0 && !result.signal)
		text = xstrdup(result.out);
	process_result_done(&result);
	return text;
}

int64_t burn_events_now(void)
{
	static const char *const argv[] = {"ipmitool", "sel", "info", NULL};
	autofree char *text = ask(argv);

	return text ? burn_event_count(text) : -1;
}

struct judging {
	struct burn *burn;
	const char *step;
};

/* What the BMC's data of field-replaceable units tell of a fan or a supply. Read once: it is slow. */
static void fill_from_units(struct burn *b, struct component *c)
{
	static const char *const argv[] = {"ipmitool", "fru", "print", NULL};

	if (!b->fru)
		b->fru = ask(argv);
	if (!b->fru) /* some BMCs fail for one unit that is not there: do not ask for each event */
		b->fru = xstrdup("");
	fru_text_fill(b->fru, strlen(b->fru), c);
}

void burn_name_part(struct burn *b, struct component *named, struct burnin_finding *f)
{
	enum component_kind kind = burnin_rule_of(f->symptom)->kind;
	struct suspects fitting = {.kind = kind};

	if (*named->location)
		suspects_named(&b->components, kind, named->location, &fitting);
	if (fitting.n_all != 1)
		suspects_fitting(&b->components, kind, NULL, NULL, &fitting);
	burnin_blame(f, &fitting);
	/* No table has fans and supplies: the BMC's name is all that there is. */
	if (fitting.n_all || !*named->location)
		return;
	named->kind = kind;
	fill_from_units(b, named);
	f->component = named;
}

static void found(void *arg, const struct burnin_finding *event)
{
	const struct judging *j = arg;

	struct burnin_finding f = *event;
	struct component named = {.place = DIMM_NOWHERE};

	if (event->component)
		named = *event->component;
	burn_name_part(j->burn, &named, &f);
	burn_found(j->burn, j->step, &f);
}

void burn_judge_events_text(struct burn *b, const char *step, const char *text)
{
	struct judging judging = {b, step};

	(void)bmc_events_read(text, strlen(text), found, &judging);
}

void burn_judge_events(struct burn *b, const char *step)
{
	int64_t before = b->n_events, now = before < 0 ? -1 : burn_events_now();
	char last[24];
	const char *argv[] = {"ipmitool", "sel", "elist", "last", last, NULL};

	if (now < 0)
		return;
	b->n_events = now;
	if (now <= before) /* somebody may have cleared it */
		return;
	snprintf(last, sizeof(last), "%lld",
		 (long long)(now - before < ENTRIES_MAX ? now - before : ENTRIES_MAX));
	autofree char *text = ask(argv);
	if (text)
		burn_judge_events_text(b, step, text);
	else
		ocp_log(&b->stream, step, "WARNING",
			"the BMC logged events that could not be read");
}
