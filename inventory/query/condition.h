/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One filter as a URL has it, read, and as a SQL condition over one column. Private to the room.
 */
#ifndef INVENTORY_CONDITION_H
#define INVENTORY_CONDITION_H

#include <base/err.h>

#include "sql.h"

#define CONDITION_KEY_BYTES 96

enum condition_op { OP_EQ, OP_NE, OP_GE, OP_LE, OP_GT, OP_LT };

struct condition {
	char key[CONDITION_KEY_BYTES];
	enum condition_op op;
	const char *value; /* the filter's */
};

/* errors: ERR_INVALID, ERR_FIELD_UNKNOWN, ERR_TOO_BIG, with the key as pointer */
MUST_CHECK int condition_parse(const struct query_filter *f, struct condition *ret,
			       struct err *err);
/* A key twice is OR: one of them alone says little. */
bool condition_is_repeated(const struct query_request *q, const struct condition *c);
/* "(column = $1 OR ...)". errors: ERR_INVALID, ERR_TOO_BIG, with the key as pointer */
MUST_CHECK int condition_add(struct sql *s, const struct collection_field *f,
			     const struct condition *c, struct err *err);
/* Refuse a filter, with its key as pointer. Returns the code. */
int condition_bad(struct err *err, enum err_code code, const char *key, const char *what);

/* fact_path.c: is the key a path into a host's facts? Then its condition is added: 1, else 0. True
 * when some part of the host fits; a negated one when none does. */
MUST_CHECK int fact_path_add(struct sql *s, const struct condition *c, struct err *err);

/* A path with a label, "drives[a].Model": all conditions with one label are of one part. */
bool fact_path_same_part(const struct condition *a, const struct condition *b);
/* "EXISTS (SELECT ... WHERE ..." up to the part's conditions, which the caller adds with AND, and the
 * bracket after them. errors: ERR_FIELD_UNKNOWN */
MUST_CHECK int fact_path_begin_part(struct sql *s, const struct condition *c, struct err *err);
MUST_CHECK int fact_path_add_of_part(struct sql *s, const struct condition *c, struct err *err);

/* probe.c: do few rows of "TABLE ALIAS WHERE CONDITION" fit? probe holds the text up to the
 * condition; it is done with afterwards. */
MUST_CHECK int probe_is_rare(struct sql *probe, const struct collection_field *f,
			     const struct condition *c, bool *ret, struct err *err);

#endif
