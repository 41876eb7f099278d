/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that archives are made of. What is not listed here is never deleted: placements, parts,
 * faults, receipts, orders, arms, the audit log. Input: times of ours.
 */
#include "archive_source.h"

#include <base/cleanup.h>
#include <base/str.h>

/* Events that nobody decides by, once there is a newer one. Kinds that are not listed stay. */
#define PASSING                                                                                    \
	"'host.state', 'host.inventory', 'host.sku_status', 'session.opened', 'session.closed', "  \
	"'session.heard', 'session.silent', 'session.waits', 'session.refused', 'step.failed', "   \
	"'plan.issued', 'run.started', 'run.ended', 'part.moved', 'part.left', 'part.found', "     \
	"'agent.refused', 'agent.log'"
#define EVENTS                                                                                     \
	"SELECT t.* FROM event t WHERE t.at_us < $1 AND t.kind IN (" PASSING ") AND EXISTS "       \
	"(SELECT 1 FROM event n WHERE n.host_num = t.host_num AND n.kind = t.kind AND n.id > "     \
	"t.id) ORDER BY t.id LIMIT $2"

#define HISTORY(of)                                                                                \
	{                                                                                          \
		ARCHIVE_HISTORY, of "_history",                                                    \
			"SELECT * FROM " of "_history WHERE until_us < $1 ORDER BY until_us, num " \
			"LIMIT $2",                                                                \
			{"num", "until_us"},                                                       \
			"DELETE FROM " of "_history WHERE num = $1 AND until_us = $2"              \
	}

/* A run that a newer whole one of the host has replaced, and that no open order refers to. $2 is of
 * rows; runs have some hundred each. */
#define REPLACED_RUNS                                                                              \
	"SELECT r.num FROM run r WHERE r.state = 'done' AND r.ended_us < $1 AND EXISTS (SELECT 1 " \
	"FROM run n WHERE n.host_num = r.host_num AND n.retest_of = '' AND n.state = 'done' AND "  \
	"n.started_us > r.started_us) AND NOT EXISTS (SELECT 1 FROM fault f WHERE f.run_id = "     \
	"r.id AND f.state = 'open') AND EXISTS (SELECT 1 FROM run_record x WHERE x.run_num = "     \
	"r.num) ORDER BY r.num LIMIT $2 / 400"

const struct archive_source archive_sources[] = {
	{ARCHIVE_EVENTS, "event", EVENTS, {"id", NULL}, "DELETE FROM event WHERE id = $1"},
	HISTORY("host_facts"),
	HISTORY("host"),
	HISTORY("part"),
	HISTORY("run"),
	HISTORY("fault"),
	HISTORY("sku"),
	HISTORY("delivery"),
	HISTORY("location"),
	{ARCHIVE_RECORDS,
	 "run_record",
	 "SELECT t.* FROM run_record t WHERE t.run_num IN (" REPLACED_RUNS
	 ") ORDER BY t.run_num, t.seq",
	 {"run_num", "seq"},
	 "DELETE FROM run_record WHERE run_num = $1 AND seq = $2"},
};
const size_t n_archive_sources = ARRAY_LEN(archive_sources);

const struct archive_source *archive_source_of(const char *table)
{
	for (size_t i = 0; i < n_archive_sources; i++)
		if (str_eq(archive_sources[i].table, table))
			return &archive_sources[i];
	return NULL;
}
