/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: who asked for which change, chained by hashes. The hash covers every column and
 * the hash before, each field with its length, so that no two different rows have the same text.
 * audit_head remembers how many rows there are and the hash of the last, so that a row taken from
 * the end is missed as well. Input: paths and names from callers.
 */
#include <inventory/token.h>

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>

static const char first_hash[] = "0000000000000000000000000000000000000000000000000000000000000000";

static void add(struct sha256 *h, const char *text)
{
	char n[24];
	int len = snprintf(n, sizeof(n), "%zu:", strlen(text));

	sha256_update(h, n, (size_t)len);
	sha256_update(h, text, strlen(text));
}

static void row_hash(int64_t id, int64_t at_us, const struct audit_entry *e, const char *previous,
		     char ret[static SHA256_HEX_BYTES])
{
	AUTO(sha256) struct sha256 *h = sha256_new();
	uint8_t digest[SHA256_BYTES];
	char numbers[80];

	(void)snprintf(numbers, sizeof(numbers), "%lld %lld %d", (long long)id, (long long)at_us,
		       e->status);
	const char *fields[] = {numbers, e->who,    e->peer,        e->method,
				e->path, e->reason, e->body_sha256, previous};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		add(h, fields[i] ? fields[i] : "");
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret);
}

static int read_head(struct db *db, struct audit_mark *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT n_rows, hash FROM audit_head WHERE one = 1"));
	int r = db_rows_next(rows, err);
	ret->rows = r == 1 ? db_int(rows, 0) : 0;
	(void)str_copy(ret->hash, sizeof(ret->hash), r == 1 ? db_text(rows, 1) : "");
	return r < 0 ? r : 0;
}

static int append(struct db *db, const struct audit_entry *e, int64_t now_us, struct err *err)
{
	struct audit_mark head;
	char hash[SHA256_HEX_BYTES];
	int64_t id, at_us;

	TRY(db_tick(db, now_us, &id, &at_us, err));
	TRY(read_head(db, &head, err));
	row_hash(id, at_us, e, head.hash, hash);
	TRY(db_exec(db, err,
		    "INSERT INTO audit (id, at_us, who, peer, method, path, status, reason, "
		    "body_sha256, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
		    "$10, $11)",
		    p_int(id), p_int(at_us), p_text(e->who), p_text(e->peer), p_text(e->method),
		    p_text(e->path), p_int(e->status), p_text(e->reason ? e->reason : ""),
		    p_text(e->body_sha256 ? e->body_sha256 : ""), p_text(head.hash), p_text(hash)));
	return db_exec(db, err,
		       "UPDATE audit_head SET n_rows = n_rows + 1, hash = $1 WHERE one = 1",
		       p_text(hash));
}

int audit_append(struct db *db, const struct audit_entry *e, int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, append(db, e, now_us, err), err);
}

#define AUDIT_COLUMNS                                                                              \
	"id, at_us, who, peer, method, path, status, reason, body_sha256, previous, hash"

static struct audit_entry entry_of(const struct db_rows *rows)
{
	return (struct audit_entry){db_text(rows, 2), db_text(rows, 3),     db_text(rows, 4),
				    db_text(rows, 5), (int)db_int(rows, 6), db_text(rows, 7),
				    db_text(rows, 8)};
}

/* Is this row as it was written, and does it follow the one before? */
static int check_row(const struct db_rows *rows, const char *expected, char ret_hash[],
		     struct err *err)
{
	struct audit_entry e = entry_of(rows);
	long long id = (long long)db_int(rows, 0);

	row_hash(id, db_int(rows, 1), &e, db_text(rows, 9), ret_hash);
	if (!str_eq(db_text(rows, 10), ret_hash))
		return err_set(err, ERR_AUDIT_BROKEN, "row %lld was changed", id);
	if (!str_eq(db_text(rows, 9), expected))
		return err_set(err, ERR_AUDIT_BROKEN,
			       "row %lld does not follow the row before it: one is missing or was "
			       "changed",
			       id);
	return 0;
}

int audit_head(struct db *db, struct audit_mark *ret, struct err *err)
{
	TRY(db_begin(db, err));
	int r = read_head(db, ret, err);
	if (r >= 0)
		r = db_query_int(db, err, &ret->id, 0, "SELECT max(id) FROM audit");
	return db_end(db, r, err);
}

/* Is the row that was the n-th when a mark was made still the same? */
static int check_marks(const struct audit_mark *here, const struct audit_mark *marks,
		       size_t n_marks, struct err *err)
{
	for (size_t i = 0; i < n_marks; i++)
		if (marks[i].rows == here->rows &&
		    (marks[i].id != here->id || !str_eq(marks[i].hash, here->hash)))
			return err_set(err, ERR_AUDIT_BROKEN,
				       "row %lld is not the one that was signed: what lies before "
				       "it was written anew",
				       (long long)here->id);
	return 0;
}

/* Rows that are gone from the end, together with the count of them. */
static int check_end(int64_t rows, const struct audit_mark *marks, size_t n_marks, struct err *err)
{
	for (size_t i = 0; i < n_marks; i++)
		if (marks[i].rows > rows)
			return err_set(err, ERR_AUDIT_BROKEN,
				       "%lld rows were signed, %lld are there",
				       (long long)marks[i].rows, (long long)rows);
	return 0;
}

static int check_rows(struct db *db, const struct audit_mark *marks, size_t n_marks,
		      int64_t *ret_rows, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct audit_mark here = {0}, head;
	char hash[SHA256_HEX_BYTES];
	int r;

	(void)str_copy(here.hash, sizeof(here.hash), first_hash);
	TRY(read_head(db, &head, err));
	TRY(db_query(db, err, &rows, "SELECT " AUDIT_COLUMNS " FROM audit ORDER BY id"));
	while ((r = db_rows_next(rows, err)) == 1) {
		TRY(check_row(rows, here.hash, hash, err));
		(void)str_copy(here.hash, sizeof(here.hash), hash);
		here.id = db_int(rows, 0);
		here.rows++;
		TRY(check_marks(&here, marks, n_marks, err));
		*ret_rows = here.rows;
	}
	if (r < 0)
		return r;
	if (here.rows == head.rows && str_eq(here.hash, head.hash))
		return check_end(here.rows, marks, n_marks, err);
	return err_set(err, ERR_AUDIT_BROKEN,
		       "%lld rows were written, %lld are there: what followed row %lld is missing",
		       (long long)head.rows, (long long)here.rows, (long long)here.id);
}

/* One moment for the rows and their head. */
int audit_check(struct db *db, const struct audit_mark *marks, size_t n_marks, int64_t *ret_rows,
		struct err *err)
{
	*ret_rows = 0;
	TRY(db_begin_snapshot(db, err));
	return db_end(db, check_rows(db, marks, n_marks, ret_rows, err), err);
}

static json_t *audit_row_json(struct db_rows *rows)
{
	char at[TIME_TEXT_BYTES];

	time_rfc3339(db_int(rows, 1), at);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "id",
			 (json_int_t)db_int(rows, 0), "at", at, "who", db_text(rows, 2), "peer",
			 db_text(rows, 3), "method", db_text(rows, 4), "path", db_text(rows, 5),
			 "status", (int)db_int(rows, 6), "reason", db_text(rows, 7), "previous",
			 db_text(rows, 9), "hash", db_text(rows, 10));
}

int audit_list(struct db *db, const struct audit_page *page, json_t **ret, struct err *err)
{
	static const char after[] = "SELECT " AUDIT_COLUMNS
				    " FROM audit WHERE id > $1 ORDER BY id LIMIT $2";
	static const char before[] = "SELECT " AUDIT_COLUMNS
				     " FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
	autojson json_t *items = json_array();
	AUTO(db_rows) struct db_rows *rows = NULL;
	int64_t last = page->from;
	int r;

	TRY(db_query(db, err, &rows, page->newest_first ? before : after, p_int(page->from),
		     p_int(page->limit)));
	while ((r = db_rows_next(rows, err)) == 1) {
		last = db_int(rows, 0);
		(void)json_array_append_new(items, audit_row_json(rows));
	}
	if (r < 0)
		return r;
	*ret = json_pack("{s:O, s:I}", "items", items, "next", (json_int_t)last);
	return 0;
}
