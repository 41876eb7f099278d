/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the inventory: every collection is one const table of fields, and one query engine serves
 * filters, sorting, paging, sums, exports and any moment of the past for all of them.
 *
 * Filters are pairs of key and value as a URL has them, after percent-decoding, split at the first
 * '=':
 *   state=ready,failed      one of
 *   state!=ready            none of
 *   serial=ABC*             prefix
 *   delivery=               unknown or empty
 *   name=*                  known
 *   cores>=32  cores<=64    at least, at most (the key ends in > or <: "cores>=32" splits there)
 *   cores>32   cores<64     more, less (without '=': the value is NULL)
 *   drives[a].Model=X  drives[a].Revision=Y      one and the same drive has both; any label will do
 * A key twice is OR within the key, different keys are AND. Nested facts are paths: drives.Model,
 * nics.LinkUp, memory.Manufacturer: true when one of the host's parts fits.
 *
 * Pages are stable: the cursor pins the moment of the first page, so a walk neither skips nor
 * repeats while rows change. trust: none of the strings in a request.
 */
#ifndef INVENTORY_COLLECTION_H
#define INVENTORY_COLLECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <base/str.h>
#include <base/err.h>
#include <inventory/db.h>

enum collection_type {
	COLLECTION_TEXT,
	COLLECTION_INT,
	COLLECTION_TIME,
	COLLECTION_BOOL,
	COLLECTION_JSON
};
enum collection_flags {
	FIELD_IS_SORT = 1,
	FIELD_IS_SUM = 2,
	FIELD_IS_GROUP = 4,
	FIELD_IS_SEARCHED = 8,    /* q= looks here */
	FIELD_IS_NULL_SHOWN = 16, /* null instead of leaving it out */
	FIELD_IS_PROBED = 32,     /* an index begins with it, and some values are rare */
	FIELD_IS_ORDERED = 64,    /* an index has the rows in its order */
	FIELD_IS_VERSION = 128,   /* ranges and sorting by version, not by letters */
};

struct collection_field {
	const char *name;   /* "image.line" is shown as member `line` of `image` */
	const char *column; /* SQL over the alias t (and the joins' aliases) */
	enum collection_type type;
	unsigned flags;
	const char *about; /* for the OpenAPI document */
};

struct collection {
	const char *name;
	const char *table;
	bool has_history;
	const char *key;           /* its row number's column; NULL: num */
	const char *joins;         /* SQL after the table, or "" */
	const char *joins_at;      /* the same for a moment, which is "@"; NULL: like joins */
	const char *now;           /* condition for the present, or NULL */
	const char *then;          /* condition for a moment, or NULL */
	const char *brief;         /* SQL for a text of further JSON members, or NULL */
	const char *brief_at;      /* the same for a moment */
	const char *brief_members; /* their names, separated by blanks */
	const struct collection_field *fields;
	size_t n_fields;
	const char *about;
};
extern const struct collection collection_hosts, collection_parts, collection_placements,
	collection_skus, collection_deliveries, collection_expected, collection_locations,
	collection_runs, collection_faults, collection_events, collection_receipts,
	collection_orders, collection_differences;
extern const struct collection *const collections[];
extern const size_t n_collections;
const struct collection *collection_by_name(const char *name); /* NULL: none */

#define QUERY_FILTERS_MAX      64
#define QUERY_LIMIT_MAX        1000
#define QUERY_CURSOR_MAX_BYTES 2048

struct query_filter {
	const char *key, *value; /* value NULL: the key had no '=' */
};
struct query_request {
	struct query_filter filters[QUERY_FILTERS_MAX];
	size_t n_filters;
	const char *sort;   /* "-MemoryMiB,serial"; NULL: oldest first */
	const char *fields; /* "id,serial"; NULL: all */
	const char *search; /* q=; NULL: none */
	const char *cursor; /* of the page before; NULL: the first page */
	int64_t at_us;      /* 0: now */
	int64_t limit;      /* 1 to QUERY_LIMIT_MAX */
	bool total;
	bool all_times; /* placements: also those that ended */
};
/* errors: ERR_TOO_BIG */
MUST_CHECK int query_add_filter(struct query_request *q, const char *key, const char *value,
				struct err *err);

/* Appends members that only the caller knows (",\"progress\":{...}") to a row's object. */
struct query_extra {
	void (*add)(void *arg, int64_t num, struct str *out);
	void *arg;
};

struct query_page {
	struct str items; /* JSON array text */
	size_t n;
	char next[QUERY_CURSOR_MAX_BYTES]; /* "" at the end */
	int64_t total;                     /* -1: not asked */
	int64_t as_of_us;                  /* the pinned moment */
};
/* owns: query_page_done(). errors: ERR_FIELD_UNKNOWN, ERR_INVALID, ERR_FIELD_RANGE with the key as
 * pointer */
MUST_CHECK int query_run(struct db *db, const struct collection *c, const struct query_request *q,
			 const struct query_extra *extra, struct query_page *ret, struct err *err);
void query_page_done(struct query_page *p);

/* How the store would find this page, one step a line, in its own words: for tests that notice a
 * scan. */
MUST_CHECK int query_plan(struct db *db, const struct collection *c, const struct query_request *q,
			  struct str *out, struct err *err);

/* Which states count as what; the words are the caller's, separated by commas. */
struct capacity_words {
	const char *absent;  /* announced or gone: not delivered */
	const char *healthy; /* fit for work, as far as the state says */
	const char *active;  /* at work */
};
/* What a summary can say of a field beside its sum, each a member of a group: "p95": nearest rank. */
enum summary_measure {
	MEASURE_AVG,
	MEASURE_MIN,
	MEASURE_MAX,
	MEASURE_P50,
	MEASURE_P90,
	MEASURE_P95,
	MEASURE_P99,
	_MEASURE_MAX
};
const char *summary_measure_str(enum summary_measure m); /* "avg", also its parameter of a URL */
struct summary_more {
	const char *fields[_MEASURE_MAX]; /* that allow sums, separated by commas; NULL: none */
	int64_t min_count;                /* groups of fewer rows are left out; 0: none are */
	/* Parts and hosts only: adds "reliability" to every group and to the whole, counted up to
	 * this moment, or up to the moment that is asked for; 0: not asked. "months" (calendar time
	 * in hosts; of a host since its first part was found), "failures" (faults), "per_1000_months"
	 * with exact 95 % limits "low" and "high", "mtbf_hours", "repaired" (closed faults),
	 * "mttr_hours" (from opened to closed), "tested" (had a burn-in that passed or failed) and,
	 * of parts, "dead_on_arrival" (failed in a burn-in before they had passed one), of hosts
	 * "first_pass_yield". A ratio without a denominator is left out. */
	int64_t reliability_us;
};
struct summary_request {
	const char *group_by, *sum; /* fields that allow it, separated by commas; NULL: none */
	/* Hosts only, NULL: not asked. Adds "capacity": {"delivered", "healthy", "reserved",
	 * "active"} to every group and to the whole: healthy (without open faults and doubts of
	 * identity), reserved and active are subsets of delivered. */
	const struct capacity_words *capacity;
	const struct summary_more *more; /* NULL: not asked */
};
/* Counts and sums by groups. out: JSON text, {"items": [...], "total": {"count", "sum"}}. */
MUST_CHECK int query_summary(struct db *db, const struct collection *c,
			     const struct query_request *q, const struct summary_request *what,
			     char **ret, struct err *err);

/* ---- exports --------------------------------------------------------------------------------- */
enum export_format { EXPORT_NDJSON, EXPORT_CSV, EXPORT_NETBOX };
struct export_run;
/* Takes db (a reader of its own, closed with the export) and holds one snapshot. q: borrowed until
 * export_free(); limit and cursor are not looked at. */
MUST_CHECK int export_new(struct db *db, const struct collection *c, const struct query_request *q,
			  enum export_format format, struct export_run **ret, struct err *err);
/* Append the next piece (up to some hundred rows) to out. 1: more, 0: end. */
MUST_CHECK int export_next(struct export_run *e, struct str *out, struct err *err);
void export_free(struct export_run *e);

#endif
