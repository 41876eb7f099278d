/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image build and sign: what the image builder runs, far from any server.
 */
#include "image_commands.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <images/archive.h>
#include <images/build.h>

#include "signers.h"

enum {
	OPT_LINE = 256,
	OPT_VERSION,
	OPT_ARCH,
	OPT_LAYOUT,
	OPT_OUTPUT,
	OPT_SEQ,
	OPT_CHUNK,
	OPT_LEVEL,
	OPT_RAW
};

static const struct option build_options[] = {
	{"line", required_argument, NULL, OPT_LINE},
	{"version", required_argument, NULL, OPT_VERSION},
	{"arch", required_argument, NULL, OPT_ARCH},
	{"layout", required_argument, NULL, OPT_LAYOUT},
	{"output", required_argument, NULL, OPT_OUTPUT},
	{"seq", required_argument, NULL, OPT_SEQ},
	{"chunk", required_argument, NULL, OPT_CHUNK},
	{"level", required_argument, NULL, OPT_LEVEL},
	{"raw", no_argument, NULL, OPT_RAW},
	{0},
};

/* Numbers of the build; false if one is not allowed. */
static bool read_number(int option, const char *text, struct image_build_request *r)
{
	uint64_t n = 0;

	if (option == OPT_CHUNK) {
		bool good = parse_size_bytes(text, &n) && n >= CHUNK_MIN_BYTES &&
			    n <= CHUNK_MAX_BYTES && !(n & (n - 1));

		r->chunk_bytes = (uint32_t)n;
		return good;
	}
	if (!parse_u64(text, &n) || !n)
		return false;
	if (option == OPT_SEQ)
		r->seq = n;
	else
		r->level = (int)n;
	return option == OPT_SEQ || n <= 19;
}

static int read_build_option(int option, const char *text, struct image_build_request *r,
			     bool *has_arch)
{
	switch (option) {
	case OPT_LINE:
		r->line = text;
		return 0;
	case OPT_VERSION:
		r->version = text;
		return 0;
	case OPT_LAYOUT:
		r->layout_path = text;
		return 0;
	case OPT_OUTPUT:
		r->output = text;
		return 0;
	case OPT_RAW:
		r->raw = true;
		return 0;
	case OPT_ARCH:
		*has_arch = image_arch_parse(text, &r->arch);
		return *has_arch ? 0 : -1;
	case OPT_SEQ:
	case OPT_CHUNK:
	case OPT_LEVEL:
		return read_number(option, text, r) ? 0 : -1;
	default:
		return -1;
	}
}

static void print_built(const struct image_build_request *r, const struct manifest *m)
{
	printf("%s: %s %s %s, %zu payloads, unsigned\n", r->output, m->line, m->version,
	       image_arch_str(m->arch), m->n_payloads);
}

int image_build_command(int argc, char **argv)
{
	struct image_build_request r = {0};
	struct err err = ERR_INIT;
	struct manifest *m = NULL;
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	bool has_arch = false;
	int option;

	while ((option = getopt_long(argc, argv, "", build_options, NULL)) != -1)
		if (read_build_option(option, optarg, &r, &has_arch) < 0)
			return command_usage("'%s' is no option here, or no value that it takes",
					     argv[optind - 1]);
	if (epoch && (!parse_i64(epoch, &r.created_s) || r.created_s < 0))
		return command_usage("SOURCE_DATE_EPOCH is not a time");
	if (argc - optind != 1 || !r.line || !r.version || !r.output || !has_arch)
		return command_usage("line, version, arch, output and one input are needed");
	r.input = argv[optind];
	if (image_build(&r, &m, &err) < 0)
		return command_fail(&err);
	print_built(&r, m);
	manifest_free(m);
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
	int status = option_table_read(argc, argv, rows, ARRAY_LEN(rows), &a);

	if (status)
		return status;
	if (argc - optind != 1 || !signer_words_given(&a.who))
		return command_usage("at least one key and one archive are needed");
	if (sign(argv[optind], &a.who, &n, &err) < 0)
		return command_fail(&err);
	printf("%s: signed with %zu key%s\n", argv[optind], n, n == 1 ? "" : "s");
	return EXIT_WELL;
}
