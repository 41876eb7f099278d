/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults that people report: what a technician sees and no test finds (a bent pin, a broken latch). They
 * are repair orders like those of a burn-in: the host is not imaged while one is open. Input: texts of
 * authenticated callers.
 */
#include "request.h"
#include "tables.h"
#include "write.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <inventory/collection.h>
#include <inventory/run.h>
#include <proto/record.h>

#define SMALL_BODY   (64 * KIB)
#define CODE_DEFAULT "reported"

struct report_ask {
	char code[65], part_type[65], slot[129], serial[129], part_number[129];
	char action[501], detail[501], note[501];
};

static const struct field report_fields[] = {
	F_STR(struct report_ask, "action", action, FIELD_NEEDED,
	      .about = "what to do, in plain words"),
	F_STR(struct report_ask, "detail", detail, 0, .about = "what was seen"),
	F_STR(struct report_ask, "code", code, 0,
	      .about = "stable name like those of tests: drive.latch; left out: " CODE_DEFAULT),
	F_STR(struct report_ask, "part_type", part_type, 0, .about = "drive, memory, nic, ..."),
	F_STR(struct report_ask, "slot", slot, 0, .about = "printed label"),
	F_STR(struct report_ask, "SerialNumber", serial, 0, .about = "of the part"),
	F_STR(struct report_ask, "PartNumber", part_number, 0, .about = "of the part"),
	F_STR(struct report_ask, "note", note, 0, .about = "for the person who works on it"),
	F_END,
};

/* Lower case, digits, dots and dashes: sums and notices are made by it. */
static int check_code(const char *code, struct err *err)
{
	if (strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == strlen(code))
		return 0;
	(void)err_set(err, ERR_INVALID,
		      "'code' takes lower-case letters, digits, '.', '-' and '_'");
	return err_at(err, "/code");
}

static int write_note(struct write *w, const char *id, const char *note, struct err *err)
{
	const struct fault_edit e = {.note = note, .revision = -1};

	return note[0] ? fault_edit(w->flow->db, id, &e, w->who, flow_now_us(w->flow), err) : 0;
}

static int report_work(struct write *w, struct err *err)
{
	const struct report_ask *ask = w->ask;
	char id[37];
	const struct fault_draft d = {.code = ask->code[0] ? ask->code : CODE_DEFAULT,
				      .part_type = ask->part_type,
				      .part_number = ask->part_number,
				      .part_serial = ask->serial,
				      .slot = ask->slot,
				      .action = ask->action,
				      .detail = ask->detail};
	struct fault_draft on = d;

	TRY(check_code(d.code, err));
	if (!ask->action[0]) {
		(void)err_set(err, ERR_FIELD_MISSING, "'action' is needed");
		return err_at(err, "/action");
	}
	TRY(api_write_host(w, &on.host_num, err));
	TRY(fault_open(w->flow->db, &on, w->who, flow_now_us(w->flow), id, err));
	TRY(write_note(w, id, ask->note, err));
	w->status = 201;
	return api_write_row(w, &collection_faults, "id", id, err);
}

const struct http_route fault_routes[] = {
	API_CHANGE(
		POST, "/api/v1/hosts/{id}/faults", INVENTORY, SMALL_BODY, report_work,
		"report a fault by hand: a repair order; the host is not imaged while it is open",
		API_BODY(report_fields, struct report_ask)),
};
const size_t n_fault_routes = sizeof(fault_routes) / sizeof(fault_routes[0]);
