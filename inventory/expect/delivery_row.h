/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row of a delivery list: its columns as one table, its values in the form in which they are
 * compared and stored, and what was found about it. Private to the room.
 */
#ifndef INVENTORY_DELIVERY_ROW_H
#define INVENTORY_DELIVERY_ROW_H

#include <base/hw_id.h>
#include <base/str.h>
#include <inventory/delivery.h>
#include <inventory/host.h>

enum delivery_text {
	ROW_SERIAL,
	ROW_CHASSIS,
	ROW_UUID,
	ROW_BMC_MAC,
	ROW_SKU,
	ROW_SITE,
	ROW_RACK_ROW,
	ROW_RACK,
	ROW_ASSET_TAG,
	ROW_SWITCH,
	ROW_PORT,
	ROW_NAME,
	_ROW_TEXTS
};

enum delivery_kind {
	COLUMN_TEXT,
	COLUMN_UUID,
	COLUMN_MAC,
	COLUMN_MACS,
	COLUMN_UNIT,
	COLUMN_QUANTITY
};

struct delivery_column {
	const char *member; /* in JSON, and as the heading of a CSV column */
	enum delivery_kind kind;
	enum delivery_text text;
	unsigned damage;         /* what of spreadsheet.h a value must not look like */
	const char *line_column; /* in table delivery_line, NULL: not kept there */
	const char *host_member; /* of host_edit(), NULL: not said about the host */
	const char *synonyms;    /* further headings, folded, separated by blanks */
};
extern const struct delivery_column delivery_columns[];
extern const size_t n_delivery_columns;

struct delivery_row {
	int64_t line;
	char *text[_ROW_TEXTS]; /* "" unknown; owned */
	int64_t unit;           /* -1 unknown */
	char (*macs)[MAC_TEXT_BYTES];
	size_t n_macs;
	json_t *errors, *warnings; /* arrays; NULL: none */
	json_t *custom; /* what people defined of hosts, as the list has it; NULL: none */
	/* what the store has */
	int64_t host_num; /* 0: a new host */
	char host_id[HOST_ID_BYTES], host_code[HOST_SHORT_CODE_BYTES];
	int64_t line_num; /* its line in this delivery, 0: none */
	bool replaces;    /* the announced evidence of a host that was never seen */
	json_t *changes;
	json_t *claims; /* [{"owner": host_num, "member", "error": {..}}]; NULL: none */
	const char *action;
};

/* Read a row; what is wrong becomes errors of the row. obj: from outside, untrusted. place: NULL or
 * of the list. */
void delivery_row_read(struct delivery_row *r, const json_t *obj, const json_t *place,
		       int64_t number);
void delivery_row_done(struct delivery_row *r);

/* A finding. lines: of other rows, taken over; NULL: none. member may be NULL. */
MUST_CHECK __attribute__((format(printf, 4, 5))) json_t *delivery_finding(enum err_code code,
									  const char *member,
									  json_t *lines,
									  const char *format, ...);
void delivery_refuse(struct delivery_row *r, json_t *finding);
void delivery_warn(struct delivery_row *r, json_t *finding);
/* Note a change of the row's host, unless one of this member is noted. was, is: taken over. */
void delivery_change(struct delivery_row *r, const char *member, json_t *was, json_t *is);

/* delivery_twins.c: values of rows, and the rows that have them. */
struct delivery_twins;
MUST_CHECK struct delivery_twins *delivery_twins_new(void);
void delivery_twins_free(struct delivery_twins *t);
void delivery_twins_note(struct delivery_twins *t, const struct delivery_row *rows, size_t i);
/* Refuse row i for values that other rows have too; all rows were noted before. */
void delivery_twins_judge(struct delivery_twins *t, struct delivery_row *rows, size_t i);
/* The first row of a host that the store has, NULL: none. */
const struct delivery_row *delivery_twins_of_host(const struct delivery_twins *t,
						  const struct delivery_row *rows,
						  int64_t host_num);

/* delivery_owner.c: whose the values are in the store. delivery_num: 0 for a new delivery. */
struct delivery_look {
	struct db *db;
	int64_t delivery_num;
	const char *gone; /* a state, or "" */
};
MUST_CHECK int delivery_look_up(const struct delivery_look *look, struct delivery_row *r,
				struct err *err);
/* delivery_custom.c: part of it, when the host is known: check the row's defined fields, and note what
 * changes. */
MUST_CHECK int delivery_custom_look_up(struct db *db, struct delivery_row *r, struct err *err);
/* delivery_write.c: make or change the host of a row that was not refused, and its line. Inside a
 * transaction. errors: ERR_ROW_TAKEN when the host appeared since delivery_look_up() */
struct delivery_write {
	struct db *db;
	const struct delivery_head *head;
	const char *actor;
	int64_t delivery_num, now_us;
};
MUST_CHECK int delivery_write_row(const struct delivery_write *w, struct delivery_row *r,
				  struct err *err);
/* Claims that other rows of the list do not resolve become errors. */
void delivery_settle_claims(struct delivery_twins *t, struct delivery_row *rows, size_t n);

#endif
