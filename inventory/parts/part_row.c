/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New rows of parts, whoever knows of them first: a machine, or a person. Input: texts of either, bound.
 */
#include "part_row.h"

#include "serial_rule.h"
#include "version.h"

static struct db_param number(int64_t v)
{
	return v >= 0 ? p_int(v) : p_null();
}

int part_insert(struct db *db, const struct found_part *p, int64_t now_us, struct err *err)
{
	const struct serial_asked serial = {p->type, p->manufacturer, p->serial, now_us};

	TRY(version_note(db, p->firmware, err));
	TRY(serial_rule_note(db, p->part_num, &serial, err));
	return db_exec(
		db, err,
		"INSERT INTO part (num, fru_key, type, manufacturer, part_number, model, serial, "
		"wwn, firmware, capacity_mib, capacity_bytes, speed_mhz, cores, threads, "
		"protocol, media, health, first_us, changed_us, revision) VALUES ($1, $2, $3, "
		"$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'ok', $17, $17, 1)",
		p_int(p->part_num), p_text(p->key), p_text(p->type), p_text(p->manufacturer),
		p_text(p->part_number), p_text(p->model), p_text(p->serial), p_text(p->wwn),
		p_text(p->firmware), number(p->capacity_mib), number(p->capacity_bytes),
		number(p->speed_mhz), number(p->cores), number(p->threads), p_text(p->protocol),
		p_text(p->media), p_int(now_us));
}

int part_next_num(struct db *db, int64_t *ret, struct err *err)
{
	return db_query_int(
		db, err, ret, 1,
		"SELECT COALESCE(max(n.num), 0) + 1 FROM (SELECT max(num) AS num FROM part "
		"UNION ALL SELECT max(num) FROM part_history) n");
}
