/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of `slipway channel`: which image of each line is the latest, and until when that
 * is signed. next and sign work where the keys are; import hands the result to the server.
 */
#include "channel_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "option_table.h"

#define CHANNEL_PATH "/api/v1/channel"

static int read_text(const char *path, char **ret, size_t *ret_n_bytes, struct err *err)
{
	return envelope_read_file(path, CHANNEL_MAX_BYTES, ret, ret_n_bytes, err);
}

/* ---- show ------------------------------------------------------------------------------------ */

static void print_channel(const struct channel *c)
{
	char issued[TIME_TEXT_BYTES], expires[TIME_TEXT_BYTES];

	time_rfc3339(c->issued_s * 1000000, issued);
	time_rfc3339(c->expires_s * 1000000, expires);
	printf("channel %" PRIu64 "\nissued     %s\nexpires    %s\n", c->seq, issued, expires);
	for (size_t i = 0; i < c->n_images; i++) {
		const struct channel_image *image = &c->images[i];
		char digest[SHA256_HEX_BYTES];

		hex_encode(image->digest, SHA256_BYTES, digest);
		printf("latest     %s@%s %s %s\n", image->line, image->version,
		       image_arch_str(image->arch), digest);
	}
	for (size_t i = 0; i < c->document.signatures.n; i++) {
		char id[SHA256_HEX_BYTES];

		hex_encode(c->document.signatures.items[i].key_id, SHA256_BYTES, id);
		printf("signature  by key %s (not checked)\n", id);
	}
}

static int from_server(struct channel **ret, struct err *err)
{
	autojson json_t *doc = NULL;
	autofree char *text = NULL;

	TRY(api_get(CHANNEL_PATH, &doc, err));
	text = json_text(json_object_get(doc, "document"));
	return channel_parse_unsigned(text, strlen(text), ret, err);
}

static int show(int argc, char **argv)
{
	struct {
		bool json;
	} a = {0};
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, offsetof(__typeof__(a), json), NULL, NULL}};
	struct err err = ERR_INIT;
	AUTO(channel) struct channel *c = NULL;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 0, 1), &a, &words);

	if (status)
		return status;
	status = words.n ? channel_read(words.items[0], &c, &err) : from_server(&c, &err);
	if (status < 0)
		return command_fail(&err);
	if (a.json)
		puts(c->document.payload);
	else
		print_channel(c);
	return EXIT_WELL;
}

/* ---- verify ---------------------------------------------------------------------------------- */

static int open_held(const struct trust_root *root, const char *path, struct channel **ret,
		     struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(read_text(path, &text, &n_bytes, err));
	return channel_open(root, text, n_bytes, ret, err) < 0 ? err_wrap(err, "file '%s'", path)
							       : 0;
}

static int check(const char *root_path, const char *previous, const char *path,
		 struct channel **ret, struct err *err)
{
	AUTO(trust_root) struct trust_root *root = NULL;
	AUTO(channel) struct channel *held = NULL;
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(trust_root_load(root_path, &root, err));
	if (previous)
		TRY(open_held(root, previous, &held, err));
	TRY(read_text(path, &text, &n_bytes, err));
	const struct channel_demands demands = {
		.root = root, .held = held, .now_s = time_wall_us() / 1000000};
	return channel_accept(&demands, text, n_bytes, ret, err);
}

static int verify(int argc, char **argv)
{
	struct {
		const char *root, *previous;
	} a = {0};
	const struct option_row rows[] = {
		{"root", OPTION_TEXT, offsetof(__typeof__(a), root), NULL, NULL},
		{"previous", OPTION_TEXT, offsetof(__typeof__(a), previous), NULL, NULL}};
	struct err err = ERR_INIT;
	AUTO(channel) struct channel *c = NULL;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, 1), &a, &words);

	if (status)
		return status;
	if (!a.root)
		return command_usage("--root is needed");
	if (check(a.root, a.previous, words.items[0], &c, &err) < 0)
		return command_fail(&err);
	printf("%s: good, channel %" PRIu64 "\n", words.items[0], c->seq);
	return EXIT_WELL;
}

/* ---- import ---------------------------------------------------------------------------------- */

static int send(const char *path, json_t **ret, struct err *err)
{
	autofree char *text = NULL;
	json_t *doc;
	size_t n_bytes;

	TRY(read_text(path, &text, &n_bytes, err));
	TRY(json_load_strict(text, n_bytes, CHANNEL_MAX_BYTES, &doc, err));
	return api_send("POST", CHANNEL_PATH, doc, ret, err);
}

static int import(int argc, char **argv)
{
	autojson json_t *answer = NULL;
	struct err err = ERR_INIT;

	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	if (send(words.items[0], &answer, &err) < 0)
		return command_fail(&err);
	printf("channel %lld\n", api_number(answer, "seq"));
	return EXIT_WELL;
}

const struct command channel_commands[] = {
	{"channel", "next",
	 "--output NEW [--previous OLD] [--seq N] [--days N] WHO... [FILE.slip]...",
	 "make the next channel: these archives are the latest of their lines",
	 channel_next_command},
	{"channel", "sign", "--channel FILE WHO...",
	 "add signatures to a channel in place; WHO is --sign KEY, or --signer-cmd CMD "
	 "--public-key PUB",
	 channel_sign_command},
	{"channel", "show", "[--json] [FILE]", "print a channel, or the one on the server", show},
	{"channel", "verify", "--root ROOT [--previous OLD] FILE",
	 "check a channel, and whether it may follow another", verify},
	{"channel", "import", "FILE", "give the server a newer channel", import},
	{0},
};
