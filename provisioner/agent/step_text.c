/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for the screen; see step_text.h. A row a step, with $ where the plan fills something in.
 */
#include "step_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/limits.h>

#define BAR_COLUMNS 20

static void put_tier(const struct plan *p, struct str *out)
{
	str_add(out, p->burn_in.tier);
}

static void put_disk(const struct plan_disk *d, struct str *out)
{
	str_addf(out, "%s (%" PRIu64 " GB)", d->serial[0] ? d->serial : d->wwn,
		 d->size_bytes / 1000000000);
}

static void put_image(const struct plan *p, struct str *out)
{
	str_addf(out, "%s %s to disk ", p->image.line, p->image.version);
	put_disk(&p->image.disk, out);
}

static void put_erase(const struct plan *p, struct str *out)
{
	put_disk(&p->erase_disk, out);
}

static const struct {
	const char *headline, *text;
	void (*put)(const struct plan *p, struct str *out); /* for the $ */
} rows[_PLAN_STEP_MAX] = {
	[PLAN_STEP_INSPECT] = {"INSPECT",
			       "Reading what is in this host. About half a minute.\n"
			       "Nothing to do.",
			       NULL},
	[PLAN_STEP_BURN_IN] =
		{"BURN-IN",
		 "Testing CPU, memory and disks ($). Nothing is written to the disks.\n"
		 "Nothing to do; do not power off. The time left is shown below.\n"
		 "A part that fails is named here and on the server.",
		 put_tier},
	[PLAN_STEP_IMAGE] = {"IMAGING",
			     "Writing $.\n"
			     "Do not power off. The time left is shown below.\n"
			     "If it is interrupted, the disk starts nothing: start the host again.",
			     put_image},
	[PLAN_STEP_ERASE] = {"ERASING",
			     "All data on disk $ is being destroyed.\n"
			     "Do not power off. The time left is shown below.\n"
			     "If it is interrupted, the disk starts nothing.\n"
			     "Then ask the operator to permit it again.",
			     put_erase},
	[PLAN_STEP_REBOOT] =
		{"REBOOT",
		 "The host restarts from its own disk. A few minutes.\n"
		 "If this screen comes back, look at its boot order: network, then disk.",
		 NULL},
	[PLAN_STEP_WAIT] = {"WAITING", "", NULL},
};

const char *step_headline(enum plan_step_kind kind)
{
	return (unsigned)kind < _PLAN_STEP_MAX && rows[kind].headline ? rows[kind].headline
								      : "UNKNOWN";
}

void step_text(const struct plan *plan, struct str *out)
{
	const char *text = (unsigned)plan->kind < _PLAN_STEP_MAX ? rows[plan->kind].text : NULL;

	for (; text && *text; text++) {
		if (*text == '$' && rows[plan->kind].put)
			rows[plan->kind].put(plan, out);
		else
			str_addc(out, *text);
	}
}

/* ---- progress -------------------------------------------------------------------------------- */

static void add_bar(struct str *out, int64_t percent)
{
	str_addc(out, '[');
	for (int i = 0; i < BAR_COLUMNS; i++)
		str_addc(out, i * 100 < percent * BAR_COLUMNS ? '#' : '.');
	str_addf(out, "]  %" PRId64 " %%", percent);
}

static void add_time(struct str *out, int64_t seconds)
{
	int64_t minutes = seconds / 60, hours = minutes / 60;

	if (hours)
		str_addf(out, "%" PRId64 " h %" PRId64 " min", hours, minutes % 60);
	else if (minutes)
		str_addf(out, "%" PRId64 " min %" PRId64 " s", minutes, seconds % 60);
	else
		str_addf(out, "%" PRId64 " s", seconds);
}

/* "read_back" is for programs. */
static void add_words(struct str *out, const char *text)
{
	for (; *text; text++)
		str_addc(out, *text == '_' ? ' ' : *text);
}

void progress_brief(const struct event_progress *p, struct str *out)
{
	add_words(out, p->message[0] ? p->message : p->stage);
	if (p->total > 0) {
		int64_t done = p->done < 0 ? 0 : p->done > p->total ? p->total : p->done;
		str_addf(out, "  %" PRId64 " %%",
			 (int64_t)((double)done * 100.0 / (double)p->total));
	}
	if (p->eta_s >= 0) {
		str_add(out, ", ");
		add_time(out, p->eta_s);
		str_add(out, " left");
	}
}

void progress_text(const struct event_progress *p, struct str *out)
{
	bool bytes = strcmp(p->unit, "bytes") == 0;
	int64_t by = bytes ? (int64_t)MIB : 1;

	add_words(out, p->stage);
	if (p->total > 0) {
		int64_t done = p->done < 0 ? 0 : p->done > p->total ? p->total : p->done;

		str_add(out, "  ");
		add_bar(out, (int64_t)((double)done * 100.0 / (double)p->total));
		str_addf(out, "  %" PRId64 " of %" PRId64 " %s", done / by, p->total / by,
			 bytes ? "MiB" : p->unit);
	}
	if (p->eta_s >= 0) {
		str_add(out, ", about ");
		add_time(out, p->eta_s);
		str_add(out, " left");
	}
	if (p->message[0]) {
		str_add(out, "  ");
		add_words(out, p->message);
	}
}

/* ---- waiting --------------------------------------------------------------------------------- */

void wait_words_done(struct wait_words *w)
{
	free(w->verb);
	free(w->slot);
	free(w->serial);
	free(w->rest);
	memset(w, 0, sizeof(*w));
}

/* The line that begins so, without its beginning; "" there is none. */
static char *take_value(const char *text, const char *beginning)
{
	struct sv rest = sv_of(text);

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		size_t n = strlen(beginning);
		if (sv_starts(line, beginning))
			return xstrndup(line.p + n, line.n - n);
	}
	return xstrdup("");
}

static bool is_big_line(struct sv line)
{
	return sv_starts(line, PLAN_WAIT_VERB) || sv_starts(line, PLAN_WAIT_SLOT) ||
	       sv_starts(line, PLAN_WAIT_SERIAL);
}

void wait_words_read(const char *message, struct wait_words *ret)
{
	struct sv rest = sv_of(message);
	autostr struct str others = {0};

	str_init(&others, 4096);
	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		if (is_big_line(line))
			continue;
		str_addn(&others, line.p, line.n);
		str_addc(&others, '\n');
	}
	*ret = (struct wait_words){.verb = take_value(message, PLAN_WAIT_VERB),
				   .slot = take_value(message, PLAN_WAIT_SLOT),
				   .serial = take_value(message, PLAN_WAIT_SERIAL)};
	ret->rest = str_take(&others);
}
