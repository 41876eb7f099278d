/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields that people define: for hosts, parts, SKUs, deliveries and locations, each with a type. A
 * value is a member of "custom" of its row; it has a history, and can be asked for as custom.NAME
 * in filters, sorting, sums, groups and exports. Some are there from the beginning (schema_0014.c).
 *
 * 1. custom_define(), once. 2. custom_merge() reads what a caller sets and what is there.
 * 3. custom_write() keeps it, in the transaction and at the moment in which its row changes.
 */
#ifndef INVENTORY_CUSTOM_H
#define INVENTORY_CUSTOM_H

#include <jansson.h>
#include <base/err.h>
#include <inventory/db.h>
#include <inventory/event.h>

#define CUSTOM_FIELDS_MAX     64 /* of one kind of rows */
#define CUSTOM_NAME_BYTES_MAX 40
#define CUSTOM_TAGS_MAX       32
#define CUSTOM_NUMBER_MAX     9007199254740991 /* what a reader in JavaScript keeps exact */

#define CUSTOM_TYPES(X)                                                                            \
	X(TEXT, "text")                                                                            \
	X(NUMBER, "number") /* whole */                                                            \
	X(DATE, "date")     /* 2027-03-31 */                                                       \
	X(CHOICE, "choice")                                                                        \
	X(LINK, "link") /* http or https */                                                        \
	X(TAGS, "tags") /* a list of words */

enum custom_type {
#define X(name, text) CUSTOM_##name,
	CUSTOM_TYPES(X)
#undef X
		_CUSTOM_TYPE_MAX
};
const char *custom_type_str(enum custom_type type);

/* Names of the collections that may have fields of their own, NULL at the end. */
extern const char *const custom_objects[];

struct custom_draft {
	const char *object, *name, *type, *unit, *about; /* the last two may be "" */
	const json_t *choices;                           /* texts; NULL: none */
};
/* Define a field, or write unit, choices and about of one that is there anew; its type stays.
 * errors: ERR_INVALID with the member, ERR_EXISTS when the type would change, ERR_TOO_BIG */
MUST_CHECK int custom_define(struct db *db, const struct custom_draft *d, int64_t now_us,
			     struct err *err);
/* errors: ERR_NOT_FOUND, ERR_EXISTS while rows have a value */
MUST_CHECK int custom_undefine(struct db *db, const char *object, const char *name,
			       struct err *err);
/* {"items": [{"object", "name", "type", "unit", "choices", "about"}]}. owns: *ret. */
MUST_CHECK int custom_list(struct db *db, json_t **ret, struct err *err);

struct custom_row {
	struct db *db;
	const char *object;
	int64_t num; /* of the row */
};
/* What the row holds after `set` ({NAME: value, or null to take it away}). *ret is NULL when nothing
 * changes. shown gets {"custom.NAME": [was, is]}. set: a caller's. owns: *ret is the caller's.
 * errors: with the pointer /custom/NAME */
MUST_CHECK int custom_merge(const struct custom_row *row, json_t *set, json_t **ret, json_t *shown,
			    struct err *err);
/* Keep the whole of a row's values from the moment on. */
MUST_CHECK int custom_write(const struct custom_row *row, const json_t *body,
			    const struct moment *m, struct err *err);

#endif
