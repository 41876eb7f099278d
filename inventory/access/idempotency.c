/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers kept under the caller's key, so that a repeated request repeats the answer and not the
 * change. Kept in the transaction of the change. Input: keys from callers, bounded by the caller of
 * this.
 */
#include <inventory/token.h>

#include <base/json.h>
#include <base/str.h>

#define KEEP_US (24LL * 3600 * 1000000)

int idempotency_find(struct db *db, const struct idempotent_request *request,
		     struct idempotent *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		db, err, &rows,
		"SELECT request_sha256, status, etag, body FROM idempotency WHERE who = $1 AND "
		"idem_key = $2 AND at_us > $3",
		p_text(request->who), p_text(request->key), p_int(request->now_us - KEEP_US)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r;
	if (!str_eq(db_text(rows, 0), request->sha256))
		return err_set(err, ERR_KEY_CONFLICT,
			       "the key '%.60s' was used for another request", request->key);
	*ret = (struct idempotent){.status = (int)db_int(rows, 1),
				   .body = xstrdup(db_text(rows, 3))};
	(void)str_copy(ret->etag, sizeof(ret->etag), db_text(rows, 2));
	return 1;
}

int idempotency_keep(struct db *db, const struct idempotent_request *request, int status,
		     const char *etag, const char *body, struct err *err)
{
	TRY(db_exec(db, err, "DELETE FROM idempotency WHERE at_us <= $1",
		    p_int(request->now_us - KEEP_US)));
	return db_exec(
		db, err,
		"INSERT INTO idempotency (who, idem_key, request_sha256, status, etag, body, "
		"at_us) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		p_text(request->who), p_text(request->key), p_text(request->sha256), p_int(status),
		p_text(etag ? etag : ""), p_text(body), p_int(request->now_us));
}
