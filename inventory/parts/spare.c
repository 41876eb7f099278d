/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts that people enter, and the end of their time on a shelf. Input: members of callers' bodies;
 * values are bound.
 */
#include <inventory/spare.h>

#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/custom.h>
#include <inventory/event.h>
#include <inventory/identity.h>

#include "../hosts/history.h"
#include "found_part.h"
#include "part_row.h"

static int refuse(const char *member, const char *what, struct err *err)
{
	autofree char *pointer = xasprintf("/%.40s", member);

	(void)err_set(err, ERR_INVALID, "'%s' %s", member, what);
	return err_at(err, pointer);
}

static int check(const struct spare_draft *d, struct err *err)
{
	static const char *const types[] = {"processor", "memory", "drive", "nic", "board", "pci"};
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		known |= str_eq(d->type, types[i]);
	if (!known)
		return refuse("type", "is one of processor, memory, drive, nic, board, pci", err);
	if (!d->serial[0] && !d->wwn[0])
		return refuse("SerialNumber",
			      "or 'WWN' is needed: nothing else tells this part from its like",
			      err);
	if (d->serial[0] && placeholder_serial(d->serial))
		return refuse("SerialNumber", "is a placeholder, not the serial of one part", err);
	if (!d->manufacturer[0] && !d->part_number[0] && !d->model[0] && !str_eq(d->type, "nic"))
		return refuse("Manufacturer", "or 'PartNumber' or 'Model' is needed", err);
	return 0;
}

/* A network card is known by its MAC address, in one notation. */
static int read_serial(const struct spare_draft *d, char mac[static MAC_TEXT_BYTES],
		       const char **ret, struct err *err)
{
	*ret = d->serial;
	if (!str_eq(d->type, "nic"))
		return 0;
	if (!hw_mac_parse(sv_of(d->serial), MAC_ANY, mac) || placeholder_mac(mac))
		return refuse("SerialNumber", "of a network card is its MAC address", err);
	*ret = mac;
	return 0;
}

/* shown gets what changes; nothing is written where nothing does. */
static int write_custom(const struct custom_row *row, json_t *set, const struct moment *m,
			json_t *shown, struct err *err)
{
	autojson json_t *body = NULL;

	TRY(custom_merge(row, set, &body, shown, err));
	return body ? custom_write(row, body, m, err) : 0;
}

static int refuse_known(struct db *db, const char *key, struct err *err)
{
	int64_t num = 0;

	TRY(db_query_int(db, err, &num, 0, "SELECT num FROM part WHERE fru_key = $1", p_text(key)));
	return num ? err_set(err, ERR_EXISTS, "this part is known: it has the id %lld",
			     (long long)num)
		   : 0;
}

static int insert(struct db *db, const struct spare_draft *d, struct found_part *p,
		  int64_t *ret_num, struct err *err)
{
	autojson json_t *detail = json_object();
	struct moment m;

	TRY(refuse_known(db, p->key, err));
	TRY(moment_next(db, d->now_us, &m, err));
	TRY(part_next_num(db, &p->part_num, err));
	TRY(part_insert(db, p, m.at_us, err));
	const struct custom_row row = {db, "parts", p->part_num};
	if (d->custom)
		TRY(write_custom(&row, d->custom, &m, detail, err));
	*ret_num = p->part_num;
	(void)json_object_set_new(detail, "fru_id", json_string_of(p->key));
	autofree char *summary = xasprintf("%s %.80s entered as a spare", p->type, p->serial);
	struct event_draft e = {0, "part.entered", d->actor, summary, detail};
	return event_append_at(db, &e, &m, err);
}

int spare_add(struct db *db, const struct spare_draft *d, int64_t *ret_num, struct err *err)
{
	char mac[MAC_TEXT_BYTES];
	struct found_part p = {.type = d->type,
			       .slot = "",
			       .locator = "",
			       .manufacturer = d->manufacturer,
			       .part_number = d->part_number,
			       .model = d->model,
			       .wwn = d->wwn,
			       .firmware = "",
			       .protocol = "",
			       .media = "",
			       .capacity_mib = d->capacity_mib,
			       .capacity_bytes = d->capacity_bytes,
			       .speed_mhz = -1,
			       .cores = -1,
			       .threads = -1};

	TRY(check(d, err));
	TRY(read_serial(d, mac, &p.serial, err));
	found_part_make_key(&p, 0);
	int r = db_begin(db, err);
	if (r >= 0)
		r = db_end(db, insert(db, d, &p, ret_num, err), err);
	free(p.key);
	return r;
}

int spare_used(struct db *db, int64_t part_num, int64_t host_num, const struct moment *m,
	       struct err *err)
{
	autojson json_t *set = json_pack("{s:n}", "shelf"), *detail = json_object();
	const struct custom_row row = {db, "parts", part_num};
	int64_t n = 0;

	TRY(db_query_int(
		db, err, &n, 0,
		"SELECT count(*) FROM custom_value WHERE object = 'parts' AND num = $1 AND "
		"name = 'shelf' AND until_us = $2",
		p_int(part_num), p_int(MOMENT_OPEN)));
	if (n == 0)
		return 0;
	TRY(history_keep(db, "part", part_num, m, err));
	TRY(write_custom(&row, set, m, detail, err));
	TRY(db_exec(db, err,
		    "UPDATE part SET changed_us = $2, revision = revision + 1 WHERE num = $1",
		    p_int(part_num), p_int(m->at_us)));
	(void)json_object_set_new(detail, "part_id", json_integer(part_num));
	struct event_draft e = {host_num, "part.installed", "agent",
				"a spare was found in this host: it is off its shelf", detail};
	return event_append(db, &e, m->at_us, NULL, err);
}
