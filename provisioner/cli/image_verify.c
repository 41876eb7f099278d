/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image show, verify and install: what works on an archive alone.
 */
#include "image_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/log.h>
#include <base/str.h>
#include <images/archive.h>
#include <images/install.h>
#include <images/verify.h>

enum {
	OPT_JSON = 256,
	OPT_ROOT,
	OPT_DEEP,
	OPT_ARCH,
	OPT_MIN_SEQ,
	OPT_TO,
	OPT_NO_READ_BACK,
	OPT_NO_GROW,
	OPT_DIGEST,
	OPT_KEEP,
	OPT_THREADS,
	OPT_NO_CHECK,
	OPT_CONNECTIONS,
	OPT_ROLLBACK,
	OPT_PIN
};

static const struct option options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"root", required_argument, NULL, OPT_ROOT},
	{"deep", no_argument, NULL, OPT_DEEP},
	{"arch", required_argument, NULL, OPT_ARCH},
	{"min-seq", required_argument, NULL, OPT_MIN_SEQ},
	{"to", required_argument, NULL, OPT_TO},
	{"no-read-back", no_argument, NULL, OPT_NO_READ_BACK},
	{"no-grow", no_argument, NULL, OPT_NO_GROW},
	{"digest", required_argument, NULL, OPT_DIGEST},
	{"keep-identity", no_argument, NULL, OPT_KEEP},
	{"threads", required_argument, NULL, OPT_THREADS},
	{"connections", required_argument, NULL, OPT_CONNECTIONS},
	{"no-check", no_argument, NULL, OPT_NO_CHECK},
	{"allow-rollback", required_argument, NULL, OPT_ROLLBACK},
	{"pin", required_argument, NULL, OPT_PIN},
	{0},
};

struct arguments {
	bool json, deep;
	const char *root_path;
	uint8_t digest[SHA256_BYTES];
	struct image_install_request request;
	unsigned n_threads;
};

static int read_count(const char *text, unsigned max, unsigned *ret)
{
	uint64_t n;

	if (!parse_u64(text, &n) || n < 1 || n > max)
		return -1;
	*ret = (unsigned)n;
	return 0;
}

static int read_policy(int option, const char *text, struct arguments *a)
{
	struct image_policy *p = &a->request.policy;

	switch (option) {
	case OPT_ARCH:
		p->arch = text;
		return 0;
	case OPT_MIN_SEQ:
		return parse_u64(text, &p->min_seq) ? 0 : -1;
	case OPT_DIGEST:
		p->digest = a->digest;
		return hex_decode(text, a->digest, SHA256_BYTES) ? 0 : -1;
	case OPT_ROLLBACK:
		p->rollback_reason = text;
		return text[0] && strlen(text) < IMAGE_REASON_BYTES ? 0 : -1;
	default:
		return -1;
	}
}

static int read_option(int option, const char *text, struct arguments *a)
{
	switch (option) {
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_ROOT:
		a->root_path = text;
		return 0;
	case OPT_DEEP:
		a->deep = true;
		return 0;
	case OPT_TO:
		a->request.target_path = text;
		return 0;
	case OPT_NO_READ_BACK:
		a->request.read_back = false;
		return 0;
	case OPT_NO_GROW:
		a->request.no_grow = true;
		return 0;
	case OPT_KEEP:
		a->request.keep_identity = true;
		return 0;
	case OPT_NO_CHECK:
		a->request.no_check = true;
		return 0;
	case OPT_PIN:
		a->request.pin = text;
		return 0;
	case OPT_CONNECTIONS:
		return read_count(text, IMAGE_CONNECTIONS_MAX, &a->request.n_connections);
	case OPT_THREADS:
		return read_count(text, IMAGE_WORKERS_MAX, &a->request.n_workers);
	default:
		return read_policy(option, text, a);
	}
}

/* One positional argument is left after the options; else a usage error. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	int option;

	*a = (struct arguments){.request = {.target_fd = -1, .read_back = true}};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (read_option(option, optarg, a) < 0)
			return command_usage("'%s' is no option here, or no value that it takes",
					     argv[optind - 1]);
	a->n_threads = a->request.n_workers;
	if (argc - optind != 1)
		return command_usage("one archive is needed");
	return 0;
}

static int open_archive(const char *path, struct err *err)
{
	int fd = str_eq(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	return fd;
}

/* ---- show ------------------------------------------------------------------------------------ */

static void print_manifest(const struct manifest *m, const struct signatures *sigs)
{
	char digest[SHA256_HEX_BYTES];

	hex_encode(m->digest, SHA256_BYTES, digest);
	printf("image      %s %s %s\ndigest     %s\nsequence   %" PRIu64 "\n", m->line, m->version,
	       image_arch_str(m->arch), digest, m->seq);
	printf("firmware  %s%s\nmin disk   %" PRIu64 " bytes\n",
	       m->firmware & IMAGE_FIRMWARE_BIOS ? " bios" : "",
	       m->firmware & IMAGE_FIRMWARE_UEFI ? " uefi" : "", m->min_disk_bytes);
	for (size_t i = 0; i < m->n_partitions; i++)
		printf("partition  %u %s %s at %" PRIu64 ", %" PRIu64 " bytes%s %s\n",
		       m->partitions[i].number, partition_role_str(m->partitions[i].role),
		       partition_fs_str(m->partitions[i].fs), m->partitions[i].start_bytes,
		       m->partitions[i].size_bytes, m->partitions[i].grow ? ", grows" : "",
		       m->partitions[i].mount);
	for (size_t i = 0; i < m->n_payloads; i++)
		printf("payload    %s %s, %" PRIu64 " bytes, packed %" PRIu64 "\n",
		       m->payloads[i].name, payload_role_str(m->payloads[i].role),
		       m->payloads[i].size_bytes, m->payloads[i].packed_bytes);
	for (size_t i = 0; i < sigs->n; i++) {
		char id[SHA256_HEX_BYTES];

		hex_encode(sigs->items[i].key_id, SHA256_BYTES, id);
		printf("signature  by key %s (not checked)\n", id);
	}
}

int image_show_command(int argc, char **argv)
{
	struct arguments a;
	struct archive_head head;
	struct err err = ERR_INIT;
	int status = read_arguments(argc, argv, &a);

	if (status)
		return status;
	autoclose int fd = open_archive(argv[optind], &err);
	if (fd < 0 || archive_read_head(fd, &head, &err) < 0)
		return command_fail(&err);
	if (a.json) {
		autofree char *text = manifest_show_json(head.manifest);

		puts(text);
	} else {
		print_manifest(head.manifest, &head.signatures);
	}
	archive_head_done(&head);
	return EXIT_WELL;
}

/* ---- verify ---------------------------------------------------------------------------------- */

/* Nothing is kept: the next command needs a reason of its own. */
static void say_rollback(const char *line, const char *version, uint64_t seq,
			 const struct image_policy *p)
{
	log_ev(LOG_WARNING, "image.rollback", KV("line", line), KV("version", version),
	       KV("seq", seq), KV("min_seq", p->min_seq), KV("reason", p->rollback_reason));
}

int image_verify_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *root = NULL;
	AUTO(manifest) struct manifest *m = NULL;
	char digest[SHA256_HEX_BYTES];
	int status = read_arguments(argc, argv, &a);

	if (status)
		return status;
	if (!a.root_path)
		return command_usage("--root is needed");
	a.request.policy.now_s = time_wall_us() / 1000000;
	if (trust_root_load(a.root_path, &root, &err) < 0)
		return command_fail(&err);
	autoclose int fd = open_archive(argv[optind], &err);
	if (fd < 0 ||
	    image_verify_fd(fd, root, &a.request.policy, a.n_threads, a.deep, &m, &err) < 0)
		return command_fail(&err);
	if (image_policy_rolls_back(&a.request.policy, m))
		say_rollback(m->line, m->version, m->seq, &a.request.policy);
	hex_encode(m->digest, SHA256_BYTES, digest);
	if (a.json) {
		autofree char *text = manifest_show_json(m);

		puts(text);
	} else {
		printf("%s: good, %s %s %s, sha256 %s\n", argv[optind], m->line, m->version,
		       image_arch_str(m->arch), digest);
	}
	return EXIT_WELL;
}

/* ---- install --------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static bool was_interrupted(void *arg)
{
	(void)arg;
	return interrupted;
}

static void show_progress(void *arg, enum image_stage stage, uint64_t done_bytes,
			  uint64_t total_bytes)
{
	(void)arg;
	if (total_bytes)
		fprintf(stderr, "\r%-10s %3u %%", image_stage_str(stage),
			(unsigned)(done_bytes * 100 / total_bytes));
}

static void name_source(const char *text, struct image_install_request *r)
{
	bool is_url = str_starts(text, "http://") || str_starts(text, "https://");

	if (!is_url)
		r->archive_path = text;
	else if (r->policy.digest)
		r->objects_url = text;
	else
		r->archive_url = text;
}

static void print_receipt(const struct arguments *a, const struct image_receipt *r)
{
	char digest[SHA256_HEX_BYTES];

	if (a->json) {
		autofree char *text = image_receipt_json(r);

		puts(text);
		return;
	}
	hex_encode(r->manifest_sha256, SHA256_BYTES, digest);
	printf("%s: %s %s %s, sha256 %s, %" PRIu64 " bytes written%s\n", a->request.target_path,
	       r->line, r->version, image_arch_str(r->arch), digest, r->written_bytes,
	       a->request.read_back ? " and read back" : "");
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

int image_install_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *root = NULL;
	struct image_receipt receipt;
	int status = read_arguments(argc, argv, &a);

	if (status)
		return status;
	if (!a.root_path || !a.request.target_path)
		return command_usage("--root and --to are needed");
	if (trust_root_load(a.root_path, &root, &err) < 0)
		return command_fail(&err);
	a.request.root = root;
	a.request.policy.now_s = time_wall_us() / 1000000;
	a.request.cancelled = was_interrupted;
	if (isatty(STDERR_FILENO))
		a.request.progress = show_progress;
	name_source(argv[optind], &a.request);
	catch_signals();
	status = image_install(&a.request, &receipt, &err);
	if (a.request.progress)
		fprintf(stderr, "\n");
	if (status < 0)
		return command_fail(&err);
	if (receipt.rollback_reason[0])
		say_rollback(receipt.line, receipt.version, receipt.seq, &a.request.policy);
	print_receipt(&a, &receipt);
	return EXIT_WELL;
}
