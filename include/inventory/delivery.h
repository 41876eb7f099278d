/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries: a vendor's list becomes expected hosts. The whole list is compared with itself and
 * with the store before anything is written, so that the rows reported as accepted are the hosts
 * that exist afterwards. A row that cannot be told from another one is refused, never merged.
 * State names are the caller's.
 */
#ifndef INVENTORY_DELIVERY_H
#define INVENTORY_DELIVERY_H

#include <jansson.h>
#include <stdbool.h>
#include <base/err.h>
#include <inventory/db.h>

#define DELIVERY_ROWS_MAX  10000
#define DELIVERY_BYTES_MAX (8 * 1024 * 1024)
#define DELIVERY_MACS_MAX  32 /* of one host */
#define CSV_COLUMNS_MAX    64

/* ---- lists ----------------------------------------------------------------------------------- */
/* rows: array of {"serial", "macs": [..], "bmc_mac", "uuid", "chassis", "sku", "site", "row",
 * "rack", "unit", "asset_tag", "switch", "port", "name", "quantity", "custom"}. places: NULL (rows count from 1), or for
 * each row {"line": N} or {"line": N, "errors": [{"code", "detail"}]}. read_as: NULL, or how a file
 * was read. All are the caller's, delivery_list_done(). */
struct delivery_list {
	json_t *rows, *places, *read_as;
};
void delivery_list_done(struct delivery_list *list);
/* Rows from CSV with a header line, below at most 30 lines of a title. read_as: {"encoding", "delimiter", "heading_line", "columns":
 * {HEADING: MEMBER}, "ignored_columns": [..]}. trust: none of it. errors: ERR_CSV with the line, ERR_TOO_BIG;
 * *ret is empty then */
MUST_CHECK int delivery_list_from_csv(const char *text, size_t n_bytes, struct delivery_list *ret,
				      struct err *err);

/* Where rows come from, one by one: a file of thousands is not read at once. */
struct delivery_source {
	/* 1: *ret_row, and *ret_place or NULL, are the caller's; 0: there are no more; negative: the
	 * whole list is refused */
	int (*next)(void *arg, json_t **ret_row, json_t **ret_place, struct err *err);
	void (*free)(void *arg); /* may be NULL */
	void *arg;
	json_t *read_as; /* arg's, or NULL */
};
/* As delivery_list_from_csv(), which reads all of it; the text need not stay. */
MUST_CHECK int delivery_source_from_csv(const char *text, size_t n_bytes,
					struct delivery_source *ret, struct err *err);

/* ---- imports --------------------------------------------------------------------------------- */
struct delivery_head {
	const char *name, *vendor, *purchase_order, *site,
		*note;            /* name is needed; others may be NULL */
	int64_t due_us;           /* 0: not given */
	const char *state, *turn; /* of hosts that are made, e.g. "expected" */
	const char *gone;         /* hosts in this state hold no place and no name; NULL: none */
};
/* Import a list in steps, so that a list of thousands need not be one transaction. A refused row
 * does not stop the others. The same list again changes nothing, also after an import that was left
 * half-way; a list with other values changes what they are about, and the result names each change.
 * Borrows db, the list, the head's texts and actor until delivery_import_free().
 * errors: ERR_INVALID */
struct delivery_import;
struct delivery_import_options {
	const char *actor;
	int64_t now_us;
	bool dry_run; /* the same steps, and nothing is kept */
};
MUST_CHECK int delivery_import_new(struct db *db, const struct delivery_head *head,
				   const struct delivery_list *list,
				   const struct delivery_import_options *options,
				   struct delivery_import **ret, struct err *err);
/* The same with the rows of a source, which the import frees, whatever it returns. */
MUST_CHECK int delivery_import_from(struct db *db, const struct delivery_head *head,
				    const struct delivery_source *source,
				    const struct delivery_import_options *options,
				    struct delivery_import **ret, struct err *err);
/* The next step, in a transaction of its own or as part of the caller's. 1: there are more, 0: it
 * was the last, negative: the store failed. */
MUST_CHECK int delivery_import_next(struct delivery_import *w, struct err *err);
/* {"delivery", "announced", "accepted", "refused", "existing", "not_in_list", "changed": {MEMBER:
 * [was, is]}, "dry_run", "results": [{"line", "status", "action": "new|linked|changed|unchanged|
 * refused", "host_id", "changes", "warnings", "code", "detail", "pointer", "errors": [{"code",
 * "detail", "pointer", "lines"}]}]}. code, detail and pointer repeat the first error. existing:
 * hosts of the delivery after the import; not_in_list: those of them that this list lacks. owns:
 * the caller's. */
MUST_CHECK json_t *delivery_import_result(const struct delivery_import *w);
/* The same as text, made while the rows were: for lists of thousands. owns: the caller's */
MUST_CHECK char *delivery_import_text(const struct delivery_import *w);
void delivery_import_free(struct delivery_import *w);
DEFINE_AUTO(delivery_import, struct delivery_import, delivery_import_free);

#endif
