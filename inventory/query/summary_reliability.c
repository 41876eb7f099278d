/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See summary_reliability.h. One statement: the collection with its filters, joined to what each row
 * went through (time in hosts, faults, burn-ins), each a table by row number. Ratios are made here,
 * from sums; what has no denominator is left out. Input: rows of our own store.
 */
#include "summary_reliability.h"

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#include "failure_rate.h"
#include "summary_field.h"

#define HOUR_S  3600.0
#define MONTH_S (730.5 * HOUR_S) /* a twelfth of a year of 365.25 days */

enum figure { SECONDS, FAILURES, REPAIRED, REPAIR_SECONDS, TESTED, BAD, FIGURES };

/* "?" is the moment up to which is counted. A repair is a fault that was closed. */
#define FAULT_FIGURES                                                                              \
	"count(*) AS failures, sum(CASE WHEN d.closed_us <= ? THEN 1 ELSE 0 END) AS repaired, "    \
	"sum(CASE WHEN d.closed_us <= ? THEN (d.closed_us - d.opened_us) / 1000000 ELSE 0 END) "   \
	"AS repair_s"
#define JUDGED "r.result IN ('PASS', 'FAIL') AND r.ended_us <= ?"
/* A retired host, and what is in it, counts until then. */
#define END_OF_HOST                                                                                \
	"CASE WHEN o.state = 'retired' AND o.state_since_us < ? THEN o.state_since_us ELSE ? END " \
	"AS end_us"
/* A burn-in's word for a kind of part, or a person's, as the inventory's. */
#define FAULT_TYPE                                                                                 \
	"CASE f.part_type WHEN 'disk' THEN 'drive' WHEN 'dimm' THEN 'memory' WHEN 'cpu' THEN "     \
	"'processor' ELSE f.part_type END"

/* A part has the faults that name its serial in a host that held it; without a serial, those of its
 * slot while it was there. It was dead on arrival when a burn-in found the fault before any host
 * had passed one with the part. */
static const char *const of_parts[] = {
	"(SELECT w.num, sum((CASE WHEN w.until_us < w.end_us THEN w.until_us ELSE w.end_us END - "
	"w.from_us) / 1000000) AS seconds FROM (SELECT pl.part_num AS num, pl.from_us, "
	"pl.until_us, " END_OF_HOST " FROM placement pl JOIN host o ON o.num = pl.host_num) w "
	"WHERE w.from_us < w.end_us GROUP BY w.num)",
	"(SELECT d.num, " FAULT_FIGURES ", max(CASE WHEN d.run_id <> '' AND NOT EXISTS (SELECT 1 "
	"FROM placement pb JOIN run r ON r.host_num = pb.host_num AND r.result = 'PASS' AND "
	"r.started_us < pb.until_us AND r.ended_us >= pb.from_us AND r.ended_us <= d.opened_us "
	"WHERE pb.part_num = d.num) THEN 1 ELSE 0 END) AS bad FROM (SELECT DISTINCT pl.part_num "
	"AS num, f.num AS fault_num, f.opened_us, f.closed_us, f.run_id FROM fault f JOIN "
	"placement pl ON pl.host_num = f.host_num AND pl.from_us <= f.opened_us JOIN part pt ON "
	"pt.num = pl.part_num WHERE f.opened_us <= ? AND ((f.part_serial <> '' AND f.part_serial "
	"= pt.serial) OR (f.part_serial = '' AND f.slot <> '' AND f.slot = pl.slot AND pl.type = " FAULT_TYPE
	" AND pl.until_us > f.opened_us))) d GROUP BY d.num)",
	"(SELECT DISTINCT pl.part_num AS num, 1 AS tested FROM run r JOIN placement pl ON "
	"pl.host_num = r.host_num AND pl.from_us <= r.ended_us AND pl.until_us > r.started_us "
	"WHERE " JUDGED ")",
};

/* A host counts from the first part that was found in it. Its first burn-in with a result decides
 * whether it passed at once. */
static const char *const of_hosts[] = {
	"(SELECT w.num, (w.end_us - w.begin_us) / 1000000 AS seconds FROM (SELECT o.num, " END_OF_HOST
	", (SELECT min(pl.from_us) FROM placement pl WHERE pl.host_num = o.num) AS "
	"begin_us FROM host o) w WHERE w.begin_us < w.end_us)",
	"(SELECT d.host_num AS num, " FAULT_FIGURES " FROM fault d WHERE d.opened_us <= ? GROUP BY "
	"d.host_num)",
	"(SELECT v.host_num AS num, 1 AS tested, CASE WHEN v.result = 'FAIL' THEN 1 ELSE 0 END AS "
	"failed FROM run v JOIN (SELECT min(r.num) AS num FROM run r WHERE " JUDGED " GROUP BY "
	"r.host_num) m ON m.num = v.num)",
};

static void add_source(struct sql *s, const char *text, const char *alias, int64_t until_us)
{
	str_add(&s->text, " LEFT JOIN ");
	for (; *text; text++) {
		if (*text == '?')
			sql_int(s, until_us);
		else
			str_addc(&s->text, *text);
	}
	str_addf(&s->text, " %s ON %s.num = t.num", alias, alias);
}

static int build(const struct summary_groups *g, struct sql *s, int64_t until_us, struct err *err)
{
	bool parts = g->c == &collection_parts;
	const char *const *sources = parts ? of_parts : of_hosts;

	str_addf(&s->text,
		 "SELECT COALESCE(sum(xs.seconds), 0), COALESCE(sum(xf.failures), 0), "
		 "COALESCE(sum(xf.repaired), 0), COALESCE(sum(xf.repair_s), 0), "
		 "COALESCE(sum(xt.tested), 0), COALESCE(sum(%s), 0)",
		 parts ? "CASE WHEN xt.tested = 1 THEN xf.bad ELSE 0 END" : "xt.failed");
	for (size_t i = 0; i < g->n; i++)
		str_addf(&s->text, ", %s", g->fields[i]->column);
	sql_from(s);
	add_source(s, sources[0], "xs", until_us);
	add_source(s, sources[1], "xf", until_us);
	add_source(s, sources[2], "xt", until_us);
	TRY(sql_where(s, g->q, err));
	for (size_t i = 0; i < g->n; i++)
		str_addf(&s->text, "%s %s", i ? "," : " GROUP BY", g->fields[i]->column);
	return 0;
}

/* ---- into the answer ------------------------------------------------------------------------- */

static void set_ratio(json_t *doc, const char *name, double over, double under)
{
	if (under > 0)
		(void)json_object_set_new(doc, name, json_real(over / under));
}

static json_t *reliability(const struct summary_groups *g, const int64_t *f)
{
	json_t *doc = json_pack("{s:I, s:I, s:I}", "failures", (json_int_t)f[FAILURES], "repaired",
				(json_int_t)f[REPAIRED], "tested", (json_int_t)f[TESTED]);
	double months = (double)f[SECONDS] / MONTH_S;
	struct failure_limits limits = failure_limits(f[FAILURES]);

	(void)json_object_set_new(doc, "months", json_real(months));
	set_ratio(doc, "per_1000_months", 1000.0 * (double)f[FAILURES], months);
	set_ratio(doc, "low", 1000.0 * limits.low, months);
	set_ratio(doc, "high", 1000.0 * limits.high, months);
	set_ratio(doc, "mtbf_hours", (double)f[SECONDS] / HOUR_S, (double)f[FAILURES]);
	set_ratio(doc, "mttr_hours", (double)f[REPAIR_SECONDS] / HOUR_S, (double)f[REPAIRED]);
	if (g->c == &collection_parts)
		(void)json_object_set_new(doc, "dead_on_arrival", json_integer(f[BAD]));
	else
		set_ratio(doc, "first_pass_yield", (double)(f[TESTED] - f[BAD]), (double)f[TESTED]);
	return doc;
}

static int collect(const struct summary_groups *g, struct sql *s, json_t *items, int64_t *total,
		   struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autojson json_t *index = summary_index(items, g->fields, g->n);
	int r;

	TRY(sql_query(s, g->db, &rows, err));
	while ((r = db_rows_next(rows, err)) == 1) {
		autofree char *key = summary_key(rows, FIGURES, g->fields, g->n);
		json_t *item = json_object_get(index, key);
		int64_t f[FIGURES] = {0};
		for (int i = 0; item && i < FIGURES; i++)
			total[i] += f[i] = db_int(rows, i);
		if (item)
			(void)json_object_set_new(item, "reliability", reliability(g, f));
	}
	return r;
}

int summary_reliability_add(const struct summary_groups *g, int64_t until_us, json_t *items,
			    json_t *total, struct err *err)
{
	struct sql s;
	int64_t sums[FIGURES] = {0};

	if (g->c != &collection_parts && g->c != &collection_hosts) {
		(void)err_set(err, ERR_INVALID, "reliability is known of parts and hosts only");
		return err_at(err, "/reliability");
	}
	sql_init(&s, g->db, g->c, g->q, g->q->at_us);
	int r = build(g, &s, until_us, err);
	if (r >= 0)
		r = collect(g, &s, items, sums, err);
	sql_done(&s);
	if (r >= 0)
		(void)json_object_set_new(total, "reliability", reliability(g, sums));
	return r;
}
