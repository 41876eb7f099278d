/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway channel next and sign: what the signer of a channel runs, far from any server.
 */
#include "channel_commands.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <images/archive.h>
#include <images/channel_edit.h>

#include "signers.h"

#define DAYS_DEFAULT 7
#define DAY_S        86400

struct arguments {
	const char *output, *previous, *seq, *channel;
	uint64_t days;
	struct signer_words who;
};

#define MEMBER(name) offsetof(struct arguments, name)
static const struct option_row options[] = {
	{"output", OPTION_TEXT, MEMBER(output), NULL, NULL},
	{"previous", OPTION_TEXT, MEMBER(previous), NULL, NULL},
	{"seq", OPTION_TEXT, MEMBER(seq), NULL, NULL},
	{"days", OPTION_NUMBER, MEMBER(days), NULL, NULL},
	{"channel", OPTION_TEXT, MEMBER(channel), NULL, NULL},
	SIGNER_OPTIONS("sign", struct arguments, who),
};

static int read_arguments(int argc, char **argv, int max_words, struct arguments *a,
			  struct words *words)
{
	*a = (struct arguments){.days = DAYS_DEFAULT};
	return option_table_read(argc, argv, OPTION_TABLE(options, 0, max_words), a, words);
}

int channel_read(const char *path, struct channel **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(envelope_read_file(path, CHANNEL_MAX_BYTES, &text, &n_bytes, err));
	return channel_parse_unsigned(text, n_bytes, ret, err) < 0
		       ? err_wrap(err, "file '%s'", path)
		       : 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int begin(const struct arguments *a, struct channel **ret, struct err *err)
{
	AUTO(channel) struct channel *old = NULL;

	if (a->previous)
		TRY(channel_read(a->previous, &old, err));
	*ret = old ? channel_copy(old) : channel_new();
	if (old)
		(*ret)->seq++;
	if (a->seq && !parse_u64(a->seq, &(*ret)->seq))
		return err_set(err, ERR_INVALID, "--seq takes a number, found '%s'", a->seq);
	(*ret)->issued_s = time_wall_us() / 1000000;
	(*ret)->expires_s = (*ret)->issued_s + (int64_t)a->days * DAY_S;
	return 0;
}

static int name_archive(struct channel *c, const char *path, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct archive_head head;
	int status;

	if (fd < 0)
		return err_sys(err, ERR_NOT_FOUND, "cannot open '%s'", path);
	if (archive_read_head(fd, &head, err) < 0)
		return err_wrap(err, "archive '%s'", path);
	status = channel_name(c, head.manifest, err);
	archive_head_done(&head);
	return status;
}

static int sign_all(struct channel *c, const struct signer_words *who, struct err *err)
{
	autosigners struct signers signers;

	TRY(signers_open(who, &signers, err));
	for (size_t i = 0; i < signers.n; i++)
		TRY(channel_sign(c, signers.items[i], err));
	return 0;
}

static int write_channel(const struct channel *c, const char *path, struct err *err)
{
	autofree char *text = channel_envelope(c);

	return file_write_atomic(path, text, strlen(text), 0644, err);
}

static int make_next(const struct arguments *a, const struct words *archives, struct channel **ret,
		     struct err *err)
{
	TRY(begin(a, ret, err));
	for (int i = 0; i < archives->n; i++)
		TRY(name_archive(*ret, archives->items[i], err));
	TRY(channel_seal(ret, err));
	TRY(sign_all(*ret, &a->who, err));
	return write_channel(*ret, a->output, err);
}

static int sign_in_place(const struct arguments *a, struct channel **ret, struct err *err)
{
	TRY(channel_read(a->channel, ret, err));
	TRY(sign_all(*ret, &a->who, err));
	return write_channel(*ret, a->channel, err);
}

static int report(int status, const struct channel *c, const char *path, struct err *err)
{
	char expires[TIME_TEXT_BYTES];

	if (status < 0)
		return command_fail(err);
	time_rfc3339(c->expires_s * 1000000, expires);
	printf("%s: channel %" PRIu64 ", %zu images, %zu signature%s, good until %s\n", path,
	       c->seq, c->n_images, c->document.signatures.n,
	       c->document.signatures.n == 1 ? "" : "s", expires);
	return EXIT_WELL;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

int channel_next_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(channel) struct channel *c = NULL;
	struct words words;
	int status = read_arguments(argc, argv, OPTION_WORDS_ANY, &a, &words);

	if (status)
		return status;
	if (!a.output || !signer_words_given(&a.who) || (!a.previous && !words.n))
		return command_usage("--output, --sign, and --previous or archives are needed");
	status = make_next(&a, &words, &c, &err);
	return report(status, c, a.output, &err);
}

int channel_sign_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(channel) struct channel *c = NULL;
	struct words words;
	int status = read_arguments(argc, argv, 0, &a, &words);

	if (status)
		return status;
	if (!a.channel || !signer_words_given(&a.who))
		return command_usage("--channel and --sign are needed");
	status = sign_in_place(&a, &c, &err);
	return report(status, c, a.channel, &err);
}
