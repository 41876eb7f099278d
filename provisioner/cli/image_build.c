/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image build and sign: what the image builder runs, far from any server.
 */
#include "image_commands.h"

#include <stdio.h>
#include <stdlib.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <images/archive.h>
#include <images/build.h>

#include "progress.h"
#include "signers.h"

/* ---- build ----------------------------------------------------------------------------------- */

struct build_arguments {
	struct image_build_request request;
	bool has_arch;
};

#define LEVEL_MAX 19

static bool read_chunk(const char *text, void *member)
{
	uint64_t n = 0;

	if (!parse_size_bytes(text, &n) || n < CHUNK_MIN_BYTES || n > CHUNK_MAX_BYTES ||
	    (n & (n - 1)))
		return false;
	*(uint32_t *)member = (uint32_t)n;
	return true;
}

static bool read_seq(const char *text, void *member)
{
	return parse_u64(text, member) && *(uint64_t *)member > 0;
}

static bool read_level(const char *text, void *member)
{
	uint64_t n = 0;

	if (!parse_u64(text, &n) || n < 1 || n > LEVEL_MAX)
		return false;
	*(int *)member = (int)n;
	return true;
}

static bool read_arch(const char *text, void *member)
{
	struct build_arguments *a = member;

	a->has_arch = image_arch_parse(text, &a->request.arch);
	return a->has_arch;
}

#define MEMBER(name) offsetof(struct build_arguments, request.name)
static const struct option_row build_options[] = {
	{"line", OPTION_TEXT, MEMBER(line), NULL, NULL},
	{"version", OPTION_TEXT, MEMBER(version), NULL, NULL},
	{"arch", OPTION_READ, 0, read_arch, "x86_64 or aarch64"},
	{"layout", OPTION_TEXT, MEMBER(layout_path), NULL, NULL},
	{"output", OPTION_TEXT, MEMBER(output), NULL, NULL},
	{"seq", OPTION_READ, MEMBER(seq), read_seq, "a whole number from 1"},
	{"chunk", OPTION_READ, MEMBER(chunk_bytes), read_chunk, "a power of 2 from 1M to 4M"},
	{"level", OPTION_READ, MEMBER(level), read_level, "a number from 1 to 19"},
	{"raw", OPTION_FLAG, MEMBER(raw), NULL, NULL},
};

static void print_built(const struct image_build_request *r, const struct manifest *m)
{
	printf("%s: %s %s %s, %zu payloads, unsigned\n", r->output, m->line, m->version,
	       image_arch_str(m->arch), m->n_payloads);
}

static void show_progress(void *arg, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)arg;
	progress_show(what, done_bytes, total_bytes);
}

int image_build_command(int argc, char **argv)
{
	struct build_arguments a = {0};
	struct image_build_request *r = &a.request;
	struct err err = ERR_INIT;
	AUTO(manifest) struct manifest *m = NULL;
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(build_options, 1, 1), &a, &words);

	if (status)
		return status;
	if (epoch && (!parse_i64(epoch, &r->created_s) || r->created_s < 0))
		return command_usage("SOURCE_DATE_EPOCH is not a time in seconds: '%s'", epoch);
	if (!r->line || !r->version || !r->output || !a.has_arch)
		return command_usage("--line, --version, --arch and --output are needed");
	r->input = words.items[0];
	r->progress = show_progress;
	status = image_build(r, &m, &err);
	progress_end();
	if (status < 0)
		return command_fail(&err);
	print_built(r, m);
	return EXIT_WELL;
}

/* ---- sign ------------------------------------------------------------------------------------ */

static int sign(const char *path, const struct signer_words *who, size_t *ret_n, struct err *err)
{
	autosigners struct signers signers;

	TRY(signers_open(who, &signers, err));
	*ret_n = signers.n;
	return archive_sign(path, signers.items, signers.n, err);
}

int image_sign_command(int argc, char **argv)
{
	struct {
		struct signer_words who;
	} a = {0};
	const struct option_row rows[] = {SIGNER_OPTIONS("key", __typeof__(a), who)};
	struct err err = ERR_INIT;
	size_t n = 0;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, 1), &a, &words);

	if (status)
		return status;
	if (!signer_words_given(&a.who))
		return command_usage("--key, or --signer-cmd and --public-key, are needed");
	if (sign(words.items[0], &a.who, &n, &err) < 0)
		return command_fail(&err);
	printf("%s: signed with %zu key%s\n", words.items[0], n, n == 1 ? "" : "s");
	return EXIT_WELL;
}
