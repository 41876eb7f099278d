/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a stored facts document, of now or of a moment in the past. Input: our own store, which
 * may be damaged.
 */
#include <inventory/facts.h>
#include <inventory/store_archive.h>

#include <zstd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "../hosts/history.h"

int facts_from_blob(const void *p, size_t n, json_t **ret, struct err *err)
{
	unsigned long long size = ZSTD_getFrameContentSize(p, n);

	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
	    size > LIMIT_FACTS_BYTES)
		return err_set(err, ERR_DB_CORRUPT, "a stored facts document is damaged");
	autofree char *text = xmalloc((size_t)size + 1);
	size_t got = ZSTD_decompress(text, (size_t)size, p, n);
	if (ZSTD_isError(got) || got != size)
		return err_set(err, ERR_DB_CORRUPT, "a stored facts document is damaged");
	return json_load_strict(text, got, LIMIT_FACTS_BYTES, ret, err);
}

int facts_load(struct db *db, int64_t host_num, int64_t at_us, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(store_archive_refuse_moment(db, at_us, "/at", err));
	TRY(db_query(db, err, &rows,
		     "SELECT body FROM host_facts WHERE num = $1 AND changed_us <= $2 UNION ALL "
		     "SELECT body FROM host_facts_history WHERE num = $1 AND changed_us <= $2 AND "
		     "until_us > $2 LIMIT 1",
		     p_int(host_num), p_int(at_us ? at_us : MOMENT_OPEN)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "the host has reported no facts yet");
	size_t n = 0;
	const void *p = db_blob(rows, 0, &n);
	return facts_from_blob(p, n, ret, err);
}
