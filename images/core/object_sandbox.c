/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that reads an uploaded archive; see object_paths.h. It gets descriptors, gives up
 * everything else (user, namespaces, memory, system calls), then verifies the archive and writes
 * what was verified. Whatever an archive could make it do, it cannot open a file or a socket.
 */
#include "object_paths.h"

#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <base/confine.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include <images/read_exact.h>

static const struct sandbox_limits usual_limits = {
	.cpu_s = 600, .wall_s = 3600, .memory_bytes = 256 * MIB};

/* ---- giving up ------------------------------------------------------------------------------- */

static void limit(__rlimit_resource_t what, uint64_t n)
{
	struct rlimit r = {.rlim_cur = n, .rlim_max = n};

	(void)setrlimit(what, &r);
}

static void limit_memory(uint64_t more_bytes)
{
#if !defined(__SANITIZE_ADDRESS__)
	char line[128];
	uint64_t pages = 0;

	file_read_line("/proc/self/statm", line, sizeof(line));
	line[strcspn(line, " ")] = '\0';
	if (parse_u64(line, &pages))
		limit(RLIMIT_AS, pages * (uint64_t)sysconf(_SC_PAGESIZE) + more_bytes);
#else
	(void)more_bytes; /* the sanitizer maps terabytes */
#endif
}

/* What a verifying process needs, and nothing that makes a descriptor. */
static const int allowed[] = {
	SCMP_SYS(read),         SCMP_SYS(write),          SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),     SCMP_SYS(lseek),          SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),   SCMP_SYS(fsync),          SCMP_SYS(close),
	SCMP_SYS(mmap),         SCMP_SYS(munmap),         SCMP_SYS(mremap),
	SCMP_SYS(mprotect),     SCMP_SYS(madvise),        SCMP_SYS(brk),
	SCMP_SYS(futex),        SCMP_SYS(exit),           SCMP_SYS(exit_group),
	SCMP_SYS(getpid),       SCMP_SYS(gettid),         SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(clock_gettime),
	SCMP_SYS(sched_yield),  SCMP_SYS(tgkill),         SCMP_SYS(restart_syscall),
#if defined(__SANITIZE_ADDRESS__)
	SCMP_SYS(sigaltstack), /* looked at when a process ends */
#endif
};

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Everything but standard input, output and errors and the files of the work. */
static void close_others(const struct sandbox_files *f)
{
	int kept[OBJECT_FILES_MAX + 2];
	unsigned from = 3;

	memcpy(kept, f->files, sizeof(f->files));
	kept[OBJECT_FILES_MAX] = f->archive_fd;
	kept[OBJECT_FILES_MAX + 1] = f->result_fd;
	qsort(kept, ARRAY_LEN(kept), sizeof(kept[0]), by_number);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (kept[i] < (int)from)
			continue;
		if (kept[i] > (int)from)
			(void)close_range(from, (unsigned)kept[i] - 1, 0);
		from = (unsigned)kept[i] + 1;
	}
	(void)close_range(from, ~0U, 0);
}

/* OpenSSL reads its configuration at first use: let it do so while files can be opened. */
static void warm_up(const struct trust_root *root)
{
	struct signature none = {.n_bytes = 64};
	uint8_t digest[SHA256_BYTES];
	AUTO(sha256) struct sha256 *h = sha256_new();

	sha256_final(h, digest);
	sha256_of("", 0, digest);
	for (size_t i = 0; i < root->n_keys; i++)
		(void)signature_is_good(&root->keys[i].key, &none, "", 0);
}

int sandbox_enter(const struct sandbox_files *f, const struct trust_root *root,
		  const struct sandbox_limits *limits, struct err *err)
{
	(void)alarm(limits->wall_s);
	close_others(f);
	warm_up(root);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, limits->cpu_s);
	limit_memory(limits->memory_bytes);
	/* a second fence, which a container may not allow: the first is the list of calls */
	if (geteuid() == 0)
		(void)unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC);
	if (confine_to_nobody(err) < 0 || confine_to_calls(allowed, ARRAY_LEN(allowed), err) < 0)
		return err_set(err, ERR_IMAGE_SANDBOX, "%s", err ? err->msg : "");
	return 0;
}

/* ---- the work -------------------------------------------------------------------------------- */

struct unpack {
	const struct sandbox_files *f;
	struct image_verify *machine;
	struct sha256 *hash; /* of the payload's bytes */
	uint8_t *piece;
};

static int put_chunk(struct unpack *u, const struct image_step *step, struct err *err)
{
	const struct manifest *m = image_verify_manifest(u->machine);
	const struct manifest_payload *p = &m->payloads[step->payload];
	uint8_t digest[SHA256_BYTES];

	TRY(file_write_all(u->f->files[OBJECT_FILE_PAYLOADS + 2 * step->payload + 1], u->piece,
			   step->n_bytes, err));
	sha256_update(u->hash, u->piece, step->n_bytes);
	if (step->chunk.packed_offset + step->n_bytes != p->packed_bytes)
		return 0;
	sha256_final(u->hash, digest);
	if (!digest_eq(digest, p->packed_sha256, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_DIGEST,
			       "member '%s' has another digest than the manifest says", p->name);
	return 0;
}

static int read_piece(struct unpack *u, const struct image_step *step, struct err *err)
{
	int n = read_exact(u->f->archive_fd, u->piece, step->n_bytes, err);

	if (n < 0)
		return n;
	if (!n)
		return image_verify_truncated(u->machine, err);
	TRY(image_verify_give(u->machine, u->piece, step->n_bytes, err));
	return step->want == IMAGE_WANT_CHUNK ? put_chunk(u, step, err) : 0;
}

static int read_archive(struct unpack *u, struct err *err)
{
	for (;;) {
		struct image_step step;
		int n;

		image_verify_next(u->machine, &step);
		if (step.want == IMAGE_DONE)
			return 0;
		if (step.want == IMAGE_WANT_END) {
			n = read_exact(u->f->archive_fd, u->piece, 1, err);
			if (n < 0)
				return n;
			TRY(image_verify_end(u->machine, (size_t)n, err));
		} else {
			TRY(read_piece(u, &step, err));
		}
	}
}

static int put_documents(struct unpack *u, struct err *err)
{
	const struct manifest *m = image_verify_manifest(u->machine);
	size_t n_bytes;
	const char *text = image_verify_document(u->machine, &n_bytes);

	TRY(file_write_all(u->f->files[OBJECT_FILE_MANIFEST], text, n_bytes, err));
	text = image_verify_signatures(u->machine, &n_bytes);
	TRY(file_write_all(u->f->files[OBJECT_FILE_SIGS], text, n_bytes, err));
	for (size_t i = 0; i < m->n_payloads; i++) {
		const struct chunk_table *t = image_verify_table(u->machine, i);

		TRY(file_write_all(u->f->files[OBJECT_FILE_PAYLOADS + 2 * i], t->records,
				   t->n * CHUNK_RECORD_BYTES, err));
	}
	return 0;
}

static int flush_files(const struct sandbox_files *f, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (fsync(f->files[i]))
			return err_sys(err, ERR_IO, "cannot flush an object");
	return 0;
}

static int unpack(struct unpack *u, struct err *err)
{
	TRY(read_archive(u, err));
	TRY(put_documents(u, err));
	return flush_files(u->f,
			   OBJECT_FILE_PAYLOADS + 2 * image_verify_manifest(u->machine)->n_payloads,
			   err);
}

_Noreturn void sandbox_run(const struct sandbox_files *files, const struct trust_root *root,
			   const struct image_policy *policy)
{
	struct sandbox_result result = {0};
	struct unpack u = {.f = files};

	if (!sandbox_enter(files, root, &usual_limits, &result.err)) {
		u.machine = image_verify_new(root, policy);
		u.hash = sha256_new();
		u.piece = xmalloc(IMAGE_PIECE_MAX_BYTES);
		(void)unpack(&u, &result.err);
	}
	IGNORE_RESULT(file_write_all(files->result_fd, &result, sizeof(result), NULL));
	_exit(result.err.code ? 1 : 0);
}
