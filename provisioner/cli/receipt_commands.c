/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway receipt: what was written to or erased from hosts' disks, as agents signed it. `verify`
 * needs no server: whoever got an envelope and, by another way, the fingerprint of the key checks
 * both. Input: an envelope from anybody.
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
#include "listing.h"

#define ENVELOPE_MAX_BYTES (2 * RECEIPT_MAX_BYTES)

static int list(int argc, char **argv)
{
	static const struct column columns[] = {
		{"ID", "id"},
		{"AT", "at"},
		{"HOST", "host"},
		{"WORK", "work"},
		{"DISK", "disk_serial"},
		{"IMAGE", "image.line"},
		{"VERSION", "image.version"},
		{"SIGNED BY", "signature.key_sha256"},
		{NULL, NULL},
	};

	return listing_run(argc, argv, "/api/v1/receipts", columns);
}

/* The newest receipt's envelope, for `verify` or for somebody else's files. */
static int envelope(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;

	if (argc != 2 || argv[1][0] == '-')
		return command_usage("one host is wanted");
	autofree char *path = api_path("/api/v1/hosts/", argv[1], "/receipts?sort=-id&limit=1");
	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	json_t *row = json_array_get(json_object_get(doc, "items"), 0);
	json_t *signed_ = json_object_get(json_object_get(row, "signature"), "envelope");
	if (!json_is_object(signed_)) {
		(void)err_set(&err, ERR_NOT_FOUND, "host '%s' has no signed receipt", argv[1]);
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

	printf("good: %s of disk %s (%lld bytes) in host %s\n", r->work,
	       r->disk.serial[0] ? r->disk.serial : r->disk.wwn, (long long)r->disk.size_bytes,
	       r->host_id);
	if (digest) {
		text_clean(clean, sizeof(clean), digest, strlen(digest));
		printf("manifest sha256 %s\n", clean);
	}
	printf("signed by key sha256 %s\n", key);
	if (!key_was_given)
		printf("compare this key with the one that you were told by another way, or give "
		       "it with --key\n");
}

static void print_receipt_json(const struct receipt *r, const char *key)
{
	AUTO(json)
	json_t *doc = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:I}, s:O}",
				"key_sha256", key, "host_id", r->host_id, "session_id",
				r->session_id, "plan_id", r->plan_id, "arm_id", r->arm_id, "work",
				r->work, "disk", "wwn", r->disk.wwn, "serial", r->disk.serial,
				"size_bytes", (json_int_t)r->disk.size_bytes, "report", r->report);

	api_print_json(doc);
}

static int verify(int argc, char **argv)
{
	int json = listing_take_json(&argc, argv);
	bool has_key = argc == 4 && str_eq(argv[1], "--key");
	autoreceipt struct receipt r = {0};
	AUTO(json) json_t *doc = NULL;
	struct err err = ERR_INIT;
	uint8_t ignored[SHA256_BYTES];
	char key[SHA256_HEX_BYTES];

	if (!has_key && (argc != 2 || (argv[1][0] == '-' && argv[1][1])))
		return command_usage("one file is wanted");
	if (has_key && !hex_decode(argv[2], ignored, sizeof(ignored)))
		return command_usage("'%s' is no SHA-256", argv[2]);
	if (read_envelope(argv[argc - 1], &doc, &err) < 0 ||
	    receipt_open(doc, has_key ? argv[2] : NULL, &r, key, &err) < 0)
		return command_fail(&err);
	if (json)
		print_receipt_json(&r, key);
	else
		print_receipt(&r, key, has_key);
	return EXIT_WELL;
}

const struct command receipt_commands[] = {
	{"receipt", "list", LISTING_ARGUMENTS,
	 "what was written to disks and erased, and who signed", list},
	{"receipt", "envelope", "HOST", "print the newest signed receipt of a host", envelope},
	{"receipt", "verify", "[--json] [--key SHA256] FILE|-",
	 "check a signed receipt, without a server", verify},
	{NULL, NULL, NULL, NULL, NULL},
};
