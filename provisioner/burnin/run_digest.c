/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of records; see run_digest.h.
 */
#include <burnin/run_digest.h>

#include <stdlib.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>

void run_digest_init(struct run_digest *d)
{
	*d = (struct run_digest){.hash = sha256_new(), .last = -1};
}

void run_digest_done(struct run_digest *d)
{
	sha256_free(d->hash);
	d->hash = NULL;
}

static int64_t number_of(const json_t *record)
{
	return json_integer_value(json_object_get(record, "sequenceNumber"));
}

void run_digest_add(struct run_digest *d, const json_t *record)
{
	autofree char *text = json_text(record);

	sha256_update(d->hash, text, strlen(text));
	sha256_update(d->hash, "\n", 1);
	if (d->n_records++ == 0)
		d->first = number_of(record);
	d->last = number_of(record);
}

json_t *run_digest_report(struct run_digest *d, const char *run_id)
{
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_HEX_BYTES];

	sha256_final(d->hash, digest);
	hex_encode(digest, sizeof(digest), hex);
	return json_pack("{s:s, s:I, s:I, s:I, s:s}", "run_id", run_id, "first",
			 (json_int_t)d->first, "last", (json_int_t)d->last, "records",
			 (json_int_t)d->n_records, "sha256", hex);
}

int run_digest_check(json_t *report, const json_t *records, struct err *err)
{
	struct json_reader r = json_reader_root(report, err);
	struct run_digest d;
	json_t *record;
	size_t i;

	(void)json_need_str(&r, "run_id", 1, 64);
	int64_t first = json_need_int(&r, "first", 0, INT64_MAX);
	int64_t last = json_need_int(&r, "last", 0, INT64_MAX);
	int64_t n = json_need_int(&r, "records", 1, INT64_MAX);
	const char *sha256 = json_need_str(&r, "sha256", 64, 64);

	TRY(json_reader_end(&r));
	run_digest_init(&d);
	json_array_foreach (records, i, record)
		if (number_of(record) >= first && number_of(record) <= last)
			run_digest_add(&d, record);
	bool complete = d.n_records == n && d.first == first && d.last == last;
	autojson json_t *found = run_digest_report(&d, "");
	run_digest_done(&d);
	if (!complete)
		return err_set(err, ERR_RECEIPT_BINDING,
			       "records are missing or were added: %lld of %lld, from %lld to %lld",
			       (long long)d.n_records, (long long)n, (long long)first,
			       (long long)last);
	if (!str_eq(json_string_value(json_object_get(found, "sha256")), sha256))
		return err_set(err, ERR_RECEIPT_BINDING,
			       "the records from %lld to %lld are not those that were signed",
			       (long long)first, (long long)last);
	return 0;
}
