/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image show, verify and install: what works on an archive alone.
 */
#include "image_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/digest.h>
#include <base/log.h>
#include <base/str.h>
#include <images/archive.h>
#include <images/install.h>
#include <images/verify.h>

#include "option_table.h"
#include "progress.h"
#include "root_slot.h"

struct arguments {
	bool json, deep, no_read_back, to_inactive;
	const char *root_path;
	uint8_t digest[SHA256_BYTES];
	bool has_digest;
	struct image_install_request request;
};

/* ---- options --------------------------------------------------------------------------------- */

static bool read_count(const char *text, unsigned max, unsigned *ret)
{
	uint64_t n;

	if (!parse_u64(text, &n) || n < 1 || n > max)
		return false;
	*ret = (unsigned)n;
	return true;
}

static bool read_threads(const char *text, void *member)
{
	return read_count(text, IMAGE_WORKERS_MAX, member);
}

static bool read_connections(const char *text, void *member)
{
	return read_count(text, IMAGE_CONNECTIONS_MAX, member);
}

static bool read_seq(const char *text, void *member)
{
	return parse_u64(text, member);
}

static bool read_digest(const char *text, void *member)
{
	struct arguments *a = member;

	a->has_digest = hex_decode(text, a->digest, SHA256_BYTES);
	return a->has_digest;
}

static bool read_reason(const char *text, void *member)
{
	*(const char **)member = text;
	return text[0] && strlen(text) < IMAGE_REASON_BYTES;
}

#define MEMBER(name) offsetof(struct arguments, name)
#define POLICY(name) MEMBER(request.policy.name)
static const struct option_row options[] = {
	{"json", OPTION_FLAG, MEMBER(json), NULL, NULL},
	{"root", OPTION_TEXT, MEMBER(root_path), NULL, NULL},
	{"deep", OPTION_FLAG, MEMBER(deep), NULL, NULL},
	{"arch", OPTION_TEXT, POLICY(arch), NULL, NULL},
	{"min-seq", OPTION_READ, POLICY(min_seq), read_seq, "a whole number"},
	{"to", OPTION_TEXT, MEMBER(request.target_path), NULL, NULL},
	{"to-inactive", OPTION_FLAG, MEMBER(to_inactive), NULL, NULL},
	{"no-read-back", OPTION_FLAG, MEMBER(no_read_back), NULL, NULL},
	{"root-fs-only", OPTION_FLAG, MEMBER(request.root_fs_only), NULL, NULL},
	{"no-grow", OPTION_FLAG, MEMBER(request.no_grow), NULL, NULL},
	{"digest", OPTION_READ, 0, read_digest, "64 hexadecimal digits"},
	{"keep-identity", OPTION_FLAG, MEMBER(request.keep_identity), NULL, NULL},
	{"threads", OPTION_READ, MEMBER(request.n_workers), read_threads,
	 "a number of threads, 1 or more"},
	{"connections", OPTION_READ, MEMBER(request.n_connections), read_connections,
	 "a number of connections, 1 or more"},
#ifdef SLIPWAY_BENCH
	{"no-check", OPTION_FLAG, MEMBER(request.no_check), NULL, NULL},
#endif
	{"allow-rollback", OPTION_READ, POLICY(rollback_reason), read_reason, "a short reason"},
	{"pin", OPTION_TEXT, MEMBER(request.pin), NULL, NULL},
};

/* *ret_file is the only word. */
static int read_arguments(int argc, char **argv, struct arguments *a, const char **ret_file)
{
	struct words words;
	int status;

	*a = (struct arguments){.request = {.target_fd = -1}};
	status = option_table_read(argc, argv, OPTION_TABLE(options, 1, 1), a, &words);
	if (status)
		return status;
	a->request.read_back = !a->no_read_back;
	if (a->has_digest)
		a->request.policy.digest = a->digest;
	*ret_file = words.items[0];
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
	const char *file;
	int status = read_arguments(argc, argv, &a, &file);

	if (status)
		return status;
	autoclose int fd = open_archive(file, &err);
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

/* The reason holds for this command only. */
static void log_rollback(const char *line, const char *version, uint64_t seq,
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
	const char *file;
	int status = read_arguments(argc, argv, &a, &file);

	if (status)
		return status;
	if (!a.root_path)
		return command_usage("--root is needed");
	a.request.policy.now_s = time_wall_us() / 1000000;
	if (trust_root_load(a.root_path, &root, &err) < 0)
		return command_fail(&err);
	const struct image_verify_options how = {
		.policy = &a.request.policy, .n_threads = a.request.n_workers, .deep = a.deep};
	autoclose int fd = open_archive(file, &err);
	if (fd < 0 || image_verify_fd(fd, root, &how, &m, &err) < 0)
		return command_fail(&err);
	if (image_policy_rolls_back(&a.request.policy, m))
		log_rollback(m->line, m->version, m->seq, &a.request.policy);
	hex_encode(m->digest, SHA256_BYTES, digest);
	if (a.json) {
		autofree char *text = manifest_show_json(m);

		puts(text);
	} else {
		printf("%s: good, %s %s %s, sha256 %s\n", file, m->line, m->version,
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
		progress_show(image_stage_str(stage), done_bytes, total_bytes);
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

static void print_receipt(const struct arguments *a, const char *target,
			  const struct image_receipt *r)
{
	char digest[SHA256_HEX_BYTES];

	if (a->json) {
		autofree char *text = image_receipt_json(r);

		puts(text);
		return;
	}
	hex_encode(r->manifest_sha256, SHA256_BYTES, digest);
	printf("%s: %s %s %s, sha256 %s, %" PRIu64 " bytes written%s\n", target, r->line,
	       r->version, image_arch_str(r->arch), digest, r->written_bytes,
	       a->request.read_back ? " and read back" : "");
	if (a->request.root_fs_only)
		printf("its file system: UUID=%s\n", r->partitions[0].fs_uuid);
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* A program that gets mounts of its own while a new file system is mounted keeps it mounted, and it
 * could then not be mounted again to be read back: those mounts are seen here alone. Another user than
 * root mounts nothing. */
static void mount_apart(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* The other root partition of this machine, held for as long as *ret_fd is open. */
static int take_inactive(struct root_slot *slot, struct image_install_request *r, int *ret_fd,
			 struct err *err)
{
	TRY(root_slot_find_inactive("", slot, err));
	*ret_fd = root_slot_open(slot, err);
	if (*ret_fd < 0)
		return *ret_fd;
	r->target_fd = *ret_fd;
	r->root_fs_only = true;
	return 0;
}

int image_install_command(int argc, char **argv)
{
	struct arguments a;
	struct err err = ERR_INIT;
	AUTO(trust_root) struct trust_root *root = NULL;
	struct image_receipt receipt;
	struct root_slot slot;
	const char *file;
	int status = read_arguments(argc, argv, &a, &file);

	if (status)
		return status;
	if (!a.root_path || !a.request.target_path == !a.to_inactive)
		return command_usage("--root and one of --to and --to-inactive are needed");
	if (trust_root_load(a.root_path, &root, &err) < 0)
		return command_fail(&err);
	autoclose int slot_fd = -1;
	if (a.to_inactive && take_inactive(&slot, &a.request, &slot_fd, &err) < 0)
		return command_fail(&err);
	a.request.root = root;
	a.request.policy.now_s = time_wall_us() / 1000000;
	a.request.cancelled = was_interrupted;
	a.request.progress = show_progress;
	name_source(file, &a.request);
	catch_signals();
	mount_apart();
	status = image_install(&a.request, &receipt, &err);
	progress_end();
	if (status < 0)
		return command_fail(&err);
	if (receipt.rollback_reason[0])
		log_rollback(receipt.line, receipt.version, receipt.seq, &a.request.policy);
	print_receipt(&a, a.to_inactive ? slot.device : a.request.target_path, &receipt);
	return EXIT_WELL;
}
