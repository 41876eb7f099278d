/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions that the store can no longer answer as a whole, because what they are about is in
 * archives. Input: moments and cursors from URLs.
 */
#include <inventory/store_archive.h>

#include <base/clock.h>

int store_archive_refuse_moment(struct db *db, int64_t at_us, const char *pointer, struct err *err)
{
	int64_t before_us = 0;
	char text[TIME_TEXT_BYTES];

	if (at_us == 0)
		return 0;
	TRY(db_query_int(db, err, &before_us, 0,
			 "SELECT max(before_us) FROM archive WHERE kind = 'history'"));
	if (at_us >= before_us)
		return 0;
	time_rfc3339(before_us, text);
	(void)err_set(err, ERR_ARCHIVED, "what was before %s is in archives", text);
	return err_at(err, pointer);
}

int store_archive_refuse_since(struct db *db, int64_t since, struct err *err)
{
	int64_t last = 0;

	TRY(db_query_int(db, err, &last, 0,
			 "SELECT max(last_key) FROM archive WHERE kind = 'events'"));
	if (since == 0 || since >= last)
		return 0;
	(void)err_set(err, ERR_ARCHIVED, "events up to %lld are in archives", (long long)last);
	return err_at(err, "/since");
}
