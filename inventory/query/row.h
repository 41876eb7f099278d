/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a row of a collection as a JSON object or as a CSV line. Private to the room.
 */
#ifndef INVENTORY_ROW_H
#define INVENTORY_ROW_H

#include <base/err.h>

#include "sql.h"

#define SHAPE_FIELDS_MAX  64
#define SHAPE_MEMBERS_MAX 8

/* Which fields of a collection are wanted: in the table's order, or, after shape_for_csv(), in the
 * order asked for, with members of the brief among them (their column is NULL). */
struct shape {
	const struct collection *c;
	size_t n;
	const struct collection_field *fields[SHAPE_FIELDS_MAX];
	bool brief;          /* the further members too */
	char *brief_members; /* of which only these, separated by blanks; NULL: all; owned */
	struct collection_field members[SHAPE_MEMBERS_MAX];
	size_t n_members;
};
/* fields: "id,serial,image" or NULL; a name without its dotted rest means all of them.
 * errors: ERR_FIELD_UNKNOWN with pointer /fields */
MUST_CHECK int shape_parse(const struct collection *c, const char *fields, struct shape *ret,
			   struct err *err);
/* CSV has columns: as they were asked for, and without the brief unless fields names its members. */
void shape_for_csv(struct shape *sh, const char *fields);
void shape_done(struct shape *sh);
/* ", column, column" */
void shape_columns(struct sql *s, const struct shape *sh);
/* The object of a row whose fields start at column `first`. */
void row_json(const struct db_rows *rows, int first, const struct shape *sh,
	      const struct query_extra *extra, int64_t num, struct str *out);

void csv_header(const struct shape *sh, struct str *out);
void csv_line(const struct db_rows *rows, int first, const struct shape *sh, struct str *out);

#endif
