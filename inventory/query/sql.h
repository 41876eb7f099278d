/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A statement being built: text of ours and bound values from outside, never mixed. Private to the
 * room.
 */
#ifndef INVENTORY_SQL_H
#define INVENTORY_SQL_H

#include <base/str.h>
#include <base/err.h>
#include <inventory/collection.h>

#define SQL_PARAMS_MAX 560 /* values of all filters, and some of ours */
#define SQL_MAX_BYTES  (64 * 1024)

struct sql {
	struct str text;
	struct db_param params[SQL_PARAMS_MAX];
	char *owned[SQL_PARAMS_MAX]; /* texts of params that are ours */
	size_t n_params;
	bool overflow;
	struct db *db;
	const struct collection *c;
	int64_t at_us; /* 0: the present */
	unsigned at_param;
	bool walk;  /* find rows in the order asked for, whatever the probed fields say */
	bool inner; /* joins must match: a filter asks for what they bring */
};

void sql_init(struct sql *s, struct db *db, const struct collection *c,
	      const struct query_request *q, int64_t at_us);
void sql_done(struct sql *s);
/* Append text in which "@" becomes the moment's parameter. */
void sql_add(struct sql *s, const char *text);
/* Append "$N" for a value. Texts are copied. */
void sql_int(struct sql *s, int64_t v);
void sql_text(struct sql *s, const char *v);
/* The N of a text that is named more than once. */
size_t sql_param_text(struct sql *s, const char *v);
/* " JOIN ...", what the collection joins to t, of the moment. */
void sql_joins(struct sql *s);
/* " FROM table t JOIN ...", of the moment. */
void sql_from(struct sql *s);
/* Is one of the values separated by commas empty, which asks for what is unknown? */
bool sql_lists_unknown(const char *value);
/* Do the filters leave only rows whose joined host and place are known? Then the joins need not be
 * outer ones, and the store may begin with the host. */
bool sql_is_inner(const struct collection *c, const struct query_request *q);
/* How many rows the filters on probed fields leave. Few are better sorted than looked for in the
 * order asked for; of many some turn up soon in that order. The store knows averages only, so it is
 * told. */
enum sql_amount { SQL_AMOUNT_UNKNOWN, SQL_FEW, SQL_MANY };
MUST_CHECK int sql_probe(struct db *db, const struct collection *c, const struct query_request *q,
			 enum sql_amount *ret, struct err *err);
/* " WHERE ..." of the moment, the filters and q=. errors: as query_run() */
MUST_CHECK int sql_where(struct sql *s, const struct query_request *q, struct err *err);
/* The same for a statement without rows of its own. */
MUST_CHECK int sql_exec(struct sql *s, struct db *db, struct err *err);
MUST_CHECK int sql_query(struct sql *s, struct db *db, struct db_rows **ret, struct err *err);

const struct collection_field *field_by_name(const struct collection *c, const char *name,
					     size_t n_bytes);

#endif
