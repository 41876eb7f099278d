/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway receipt: what was written to or erased from hosts' disks, as agents signed it. `verify`
 * needs no server: it takes an envelope and, got by another way, the fingerprint of the key. Input:
 * an envelope of any origin.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/receipt.h>

#include "api.h"
#include "collections.h"
#include "display.h"
#include "host_ref.h"
#include "listing.h"

#define ENVELOPE_MAX_BYTES (2 * RECEIPT_MAX_BYTES)

/* The newest receipt's envelope, for `verify` or for somebody else's files. */
static int envelope(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	autofree char *path = NULL;
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	if (host_ref_path(words.items[0], "/receipts?sort=-id&limit=1", &path, &err) < 0 ||
	    api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	json_t *row = json_array_get(json_object_get(doc, "items"), 0);
	json_t *signed_ = json_object_get(json_object_get(row, "signature"), "envelope");
	if (!json_is_object(signed_)) {
		(void)err_set(&err, ERR_NOT_FOUND, "host '%s' has no signed receipt",
			      words.items[0]);
		return command_fail(&err);
	}
	autofree char *text = json_text(signed_);
	puts(text);
	return EXIT_WELL;
}

/* ---- verify ---------------------------------------------------------------------------------- */

static int read_envelope(const char *path, json_t **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes = 0;

	TRY(str_eq(path, "-") ? file_read_fd(0, ENVELOPE_MAX_BYTES, &text, &n_bytes, err)
			      : file_read(path, ENVELOPE_MAX_BYTES, &text, &n_bytes, err));
	return json_load_strict(text, n_bytes, ENVELOPE_MAX_BYTES, ret, err);
}

static void print_receipt(const struct receipt *r, const char *key, bool key_was_given)
{
	const char *digest = json_string_value(json_object_get(r->report, "manifest_sha256"));
	char clean[SHA256_HEX_BYTES];

	autofree char *disk = display_text(r->disk.serial[0] ? r->disk.serial : r->disk.wwn);
	autofree char *host = display_text(r->host_id);
	printf("good: %s of disk %s (%lld bytes) in host %s\n", r->work, disk,
	       (long long)r->disk.size_bytes, host);
	if (digest) {
		text_clean(clean, sizeof(clean), digest, strlen(digest));
		printf("manifest sha256 %s\n", clean);
	}
	printf("signed by key sha256 %s\n", key);
	if (!key_was_given)
		printf("compare this fingerprint with the one that you got by another way, or "
		       "give it with --key\n");
}

static void print_receipt_json(const struct receipt *r, const char *key)
{
	autojson json_t *doc = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:I}, s:O}", "key_sha256", key,
		"host_id", r->host_id, "session_id", r->session_id, "plan_id", r->plan_id, "arm_id",
		r->arm_id, "work", r->work, "disk", "wwn", r->disk.wwn, "serial", r->disk.serial,
		"size_bytes", (json_int_t)r->disk.size_bytes, "report", r->report);

	api_print_json(doc);
}

static int verify(int argc, char **argv)
{
	struct {
		bool json;
		const char *key;
	} a = {0};
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, offsetof(__typeof__(a), json), NULL, NULL},
		{"key", OPTION_TEXT, offsetof(__typeof__(a), key), NULL, NULL}};
	autoreceipt struct receipt r = {0};
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;
	uint8_t ignored[SHA256_BYTES];
	char key[SHA256_HEX_BYTES];
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, 1), &a, &words);

	if (status)
		return status;
	if (a.key && !hex_decode(a.key, ignored, sizeof(ignored)))
		return command_usage("'%s' is not a SHA-256 of 64 hexadecimal digits", a.key);
	if (read_envelope(words.items[0], &doc, &err) < 0 ||
	    receipt_open(doc, a.key, &r, key, &err) < 0)
		return command_fail(&err);
	if (a.json)
		print_receipt_json(&r, key);
	else
		print_receipt(&r, key, a.key != NULL);
	return EXIT_WELL;
}

const struct command receipt_commands[] = {
	{"receipt", "list", LISTING_ARGUMENTS,
	 "list what was written to disks and erased, and who signed", collection_list},
	{"receipt", "envelope", "HOST", "print the newest signed receipt of a host", envelope},
	{"receipt", "verify", "[--json] [--key SHA256] FILE|-",
	 "check a signed receipt, without a server", verify},
	{NULL, NULL, NULL, NULL, NULL},
};
