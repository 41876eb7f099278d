/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image receipts: what an agent proved to have written and read back. Kept as they came, for good.
 * Input: a JSON object whose signature and plan the caller checked.
 */
#include <inventory/run.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>

#define RECEIPT_MAX_BYTES (256 * 1024)

static int add(struct db *db, int64_t host_num, const char *image_digest, const char *line,
	       const char *version, const char *disk_serial, const json_t *doc, int64_t now_us,
	       struct err *err)
{
	autofree char *text = json_text(doc);
	if (strlen(text) > RECEIPT_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "a receipt has %zu bytes, at most %d",
			       strlen(text), RECEIPT_MAX_BYTES);
	struct moment m;
	TRY(moment_next(db, now_us, &m, err));
	TRY(db_exec(db, err,
		    "INSERT INTO receipt (num, host_num, at_us, image_digest, line, version, "
		    "disk_serial, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		    P_INT(m.id), P_INT(host_num), P_INT(m.at_us), P_TEXT(image_digest),
		    P_TEXT(line), P_TEXT(version), P_TEXT(disk_serial), P_TEXT(text)));
	autofree char *summary = xasprintf("image %s@%s written and read back", line, version);
	AUTO(json)
	json_t *detail = json_pack("{s:s, s:s}", "digest", image_digest, "disk_serial",
				   disk_serial);
	struct event_draft e = {host_num, "image.receipt", "agent", summary, detail};
	TRY(event_append_at(db, &e, &m, err));
	return host_set_image(db, host_num, image_digest, line, version, now_us, err);
}

int receipt_add(struct db *db, int64_t host_num, const char *image_digest, const char *line,
		const char *version, const char *disk_serial, const json_t *doc, int64_t now_us,
		struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db,
		      add(db, host_num, image_digest, line, version, disk_serial, doc, now_us, err),
		      err);
}

int receipt_latest(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	*ret = NULL;
	TRY(db_query(db, err, &rows,
		     "SELECT body FROM receipt WHERE host_num = $1 ORDER BY num DESC LIMIT 1",
		     P_INT(host_num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r;
	const char *text = db_text(rows, 0);
	return json_load_strict(text, strlen(text), RECEIPT_MAX_BYTES, ret, err);
}
