/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of machines that were not let in; see seen_host.h. Input: what any machine of the
 * provisioning network says; the caller has cut it to the sizes of the struct.
 */
#include <inventory/seen_host.h>

#include <base/str.h>

#define RECENT_US (3600 * 1000000LL)

/* The newcomer stays until the next one; an address that stopped asking loses its place. */
static int keep_few(struct db *db, const struct seen_host *newest, struct err *err)
{
	return db_exec(
		db, err,
		"DELETE FROM seen_host WHERE mac IN (SELECT mac FROM seen_host ORDER BY CASE "
		"WHEN mac = $2 THEN 0 WHEN last_us >= $3 THEN 1 ELSE 2 END, times DESC, "
		"last_us DESC, mac LIMIT 1000 OFFSET $1)",
		p_int(SEEN_HOSTS_MAX), p_text(newest->mac), p_int(newest->last_us - RECENT_US));
}

int seen_host_put(struct db *db, const struct seen_host *h, struct err *err)
{
	TRY(db_exec(
		db, err,
		"INSERT INTO seen_host (mac, uuid, serial, manufacturer, model, arch, firmware, "
		"address, answer, first_us, last_us, times) VALUES ($1, $2, $3, $4, $5, $6, $7, "
		"$8, $9, $11, $10, 1) ON CONFLICT (mac) DO UPDATE SET uuid = $2, serial = $3, "
		"manufacturer = $4, model = $5, arch = $6, firmware = $7, address = $8, "
		"answer = $9, last_us = $10, times = seen_host.times + 1",
		p_text(h->mac), p_text(h->uuid), p_text(h->serial), p_text(h->manufacturer),
		p_text(h->model), p_text(h->arch), p_text(h->firmware), p_text(h->address),
		p_text(h->answer), p_int(h->last_us),
		p_int(h->first_us ? h->first_us : h->last_us)));
	return keep_few(db, h, err);
}

int seen_host_forget(struct db *db, const char *mac, struct err *err)
{
	return db_exec(db, err, "DELETE FROM seen_host WHERE mac = $1", p_text(mac));
}

static void take(struct db_rows *rows, struct seen_host *h)
{
	const struct {
		char *at;
		size_t n_bytes;
	} texts[] = {{h->mac, sizeof(h->mac)},           {h->uuid, sizeof(h->uuid)},
		     {h->serial, sizeof(h->serial)},     {h->manufacturer, sizeof(h->manufacturer)},
		     {h->model, sizeof(h->model)},       {h->arch, sizeof(h->arch)},
		     {h->firmware, sizeof(h->firmware)}, {h->address, sizeof(h->address)},
		     {h->answer, sizeof(h->answer)}};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		(void)str_copy(texts[i].at, texts[i].n_bytes, db_text(rows, (int)i));
	h->first_us = db_int(rows, 9);
	h->last_us = db_int(rows, 10);
	h->times = db_int(rows, 11);
}

int seen_host_each(struct db *db,
		   int (*visit)(void *arg, const struct seen_host *h, struct err *err), void *arg,
		   struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int rc;

	TRY(db_query(
		db, err, &rows,
		"SELECT mac, uuid, serial, manufacturer, model, arch, firmware, address, answer, "
		"first_us, last_us, times FROM seen_host s WHERE NOT EXISTS (SELECT 1 FROM "
		"evidence e WHERE e.kind = 'mac' AND e.value = s.mac) ORDER BY last_us DESC, "
		"mac"));
	while ((rc = db_rows_next(rows, err)) > 0) {
		struct seen_host h = {.mac = ""};
		take(rows, &h);
		TRY(visit(arg, &h, err));
	}
	return rc;
}
