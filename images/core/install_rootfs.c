/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads that are unpacked on the host, for file systems that cannot be made when an image is
 * built. A file system is made on a loop device over the partition's range, checked chunks flow in
 * order into a thread that unpacks them with libarchive, and reading back hashes every file again.
 *
 * The unpacking thread has a root directory of its own (CLONE_FS, chroot): no path and no link of
 * the tar can lead out of the new file system.
 */
#include "install_run.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>

#include "rootfs_files.h"
#include "rootfs_mounts.h"

#define FLUSH_EVERY_BYTES (64 * MIB)

/* Chunks on their way from the workers to the unpacking thread. Nothing is copied: a worker waits
 * until libarchive is done with its chunk. */
struct stream {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct {
		const uint8_t *p;
		size_t n_bytes;
	} chunks[IMAGE_WORKERS_MAX]; /* by index, modulo */
	size_t n_chunks;
	size_t n_put;    /* that came in, in their order */
	size_t n_read;   /* that libarchive is done with */
	bool is_reading; /* libarchive holds chunk n_read */
	bool stopped;    /* nothing more may come or go */
	uint64_t unflushed_bytes;
	bool is_flushing;
};

struct rootfs_run {
	struct install *in;
	size_t payload;
	struct rootfs_mounts mounts;
	bool has_thread;
	pthread_t thread;
	struct stream stream;
	struct rootfs_files files;
	struct err err; /* of the thread */
};

bool install_rootfs_is_possible(void)
{
	return geteuid() == 0 && !access("/dev/loop-control", R_OK | W_OK);
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* Wait for the chunk's turn, then until it was read. False when reading has stopped. */
static bool stream_put(struct stream *s, size_t index, const uint8_t *p, size_t n_bytes)
{
	bool was_read;

	pthread_mutex_lock(&s->lock);
	while (!s->stopped && s->n_put != index)
		pthread_cond_wait(&s->changed, &s->lock);
	if (!s->stopped) {
		s->chunks[index % ARRAY_LEN(s->chunks)].p = p;
		s->chunks[index % ARRAY_LEN(s->chunks)].n_bytes = n_bytes;
		s->n_put++;
		pthread_cond_broadcast(&s->changed);
	}
	/* Also after a stop the bytes must stay for as long as they are being read. */
	while (s->n_read <= index && (!s->stopped || (s->is_reading && s->n_read == index)))
		pthread_cond_wait(&s->changed, &s->lock);
	was_read = s->n_read > index;
	s->unflushed_bytes += n_bytes;
	pthread_mutex_unlock(&s->lock);
	return was_read;
}

static void stream_stop(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopped = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void end_chunk_locked(struct stream *s)
{
	s->n_read += s->is_reading;
	s->is_reading = false;
	pthread_cond_broadcast(&s->changed);
}

/* libarchive's reader: the next chunk, 0 at the end. */
static la_ssize_t stream_read(struct archive *a, void *arg, const void **ret)
{
	struct stream *s = arg;
	size_t n_bytes = 0;

	(void)a;
	pthread_mutex_lock(&s->lock);
	end_chunk_locked(s);
	while (!s->stopped && s->n_read == s->n_put && s->n_put < s->n_chunks)
		pthread_cond_wait(&s->changed, &s->lock);
	if (!s->stopped && s->n_read < s->n_put) {
		s->is_reading = true;
		*ret = s->chunks[s->n_read % ARRAY_LEN(s->chunks)].p;
		n_bytes = s->chunks[s->n_read % ARRAY_LEN(s->chunks)].n_bytes;
	}
	pthread_mutex_unlock(&s->lock);
	return (la_ssize_t)n_bytes;
}

/* Let go of the last chunk. A tar may end before its file does: the rest is taken and dropped. */
static void stream_end_reading(struct stream *s)
{
	const void *rest;

	while (stream_read(NULL, s, &rest))
		;
}

/* True for one worker at a time, whenever enough was written since the last time. */
static bool stream_begin_flush(struct stream *s)
{
	bool is_due;

	pthread_mutex_lock(&s->lock);
	is_due = !s->is_flushing && s->unflushed_bytes >= FLUSH_EVERY_BYTES;
	if (is_due) {
		s->is_flushing = true;
		s->unflushed_bytes = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return is_due;
}

static void stream_end_flush(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_flushing = false;
	pthread_mutex_unlock(&s->lock);
}

/* ---- the unpacking thread -------------------------------------------------------------------- */

/* A root directory for this thread alone. */
static int enter_folder(const char *folder, struct err *err)
{
	if (unshare(CLONE_FS) || chroot(folder) || chdir("/"))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot enter the new file system");
	return 0;
}

/*
 * Back, before the thread ends. The kernel wakes the joiner of a thread before it drops the thread's root
 * directory: until then the new file system would be busy, and its unmounting fail once in a while.
 */
static int leave_folder(int old_root_fd, struct err *err)
{
	if (fchdir(old_root_fd) || chroot("."))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot leave the new file system");
	return 0;
}

static int unpack_inside(struct rootfs_run *r, struct archive *from, struct err *err)
{
	const struct rootfs_rules rules = {
		.devices = r->in->m->payloads[r->payload].devices,
		.fs = install_partition_of(r->in, r->payload)->fs,
	};

	if (archive_read_open(from, &r->stream, NULL, stream_read, NULL) != ARCHIVE_OK)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read the tar: %s",
			       archive_error_string(from));
	return rootfs_files_unpack(&r->files, &rules, from, r->in->request->read_back, err);
}

static int unpack_all(struct rootfs_run *r, struct archive *from, struct err *err)
{
	autoclose int old_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int status;

	if (old_root_fd < 0)
		return err_sys(err, ERR_IMAGE_TARGET, "cannot open the root directory");
	TRY(enter_folder(r->mounts.folder, err));
	status = unpack_inside(r, from, err);
	if (status < 0) /* the first error is the one to tell */
		err = NULL;
	TRY(leave_folder(old_root_fd, err));
	return status;
}

static void *run_unpacker(void *arg)
{
	struct rootfs_run *r = arg;
	struct archive *from = archive_read_new();
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);

	BUG_ON(!from);
	(void)uselocale(utf8); /* libarchive translates names by the locale */
	archive_read_support_format_tar(from);
	if (unpack_all(r, from, &r->err) < 0) {
		stream_stop(&r->stream);
		pool_fail(r->in->pool, &r->err);
	}
	stream_end_reading(&r->stream);
	archive_read_free(from);
	(void)uselocale(LC_GLOBAL_LOCALE);
	if (utf8)
		freelocale(utf8);
	return NULL;
}

/* ---- begin ----------------------------------------------------------------------------------- */

static int prepare(struct rootfs_run *r, struct err *err)
{
	struct install *in = r->in;

	TRY(install_may_write(in, err));
	TRY(rootfs_mounts_make(&r->mounts, &in->receipt, in->target.fd, err));
	return rootfs_mounts_mount(&r->mounts, 0, err);
}

static struct rootfs_run *run_new(struct install *in, size_t payload)
{
	struct rootfs_run *r = xcalloc(1, sizeof(*r));

	r->in = in;
	r->payload = payload;
	rootfs_mounts_init(&r->mounts);
	r->stream.n_chunks = source_table(in->source, payload)->n;
	BUG_ON(pthread_mutex_init(&r->stream.lock, NULL) ||
	       pthread_cond_init(&r->stream.changed, NULL));
	return r;
}

static int end_thread(struct rootfs_run *r, struct err *err)
{
	if (r->has_thread)
		(void)pthread_join(r->thread, NULL);
	r->has_thread = false;
	if (!r->err.code)
		return 0;
	if (err)
		*err = r->err;
	return -r->err.code;
}

int install_rootfs_begin(struct install *in, size_t payload, struct err *err)
{
	if (in->rootfs)
		return err_set(err, ERR_UNSUPPORTED, "two payloads must be unpacked");
	in->rootfs = run_new(in, payload);
	TRY(prepare(in->rootfs, err));
	BUG_ON(pthread_create(&in->rootfs->thread, NULL, run_unpacker, in->rootfs));
	in->rootfs->has_thread = true;
	return 0;
}

/* The kernel would let hundreds of megabytes gather and write them at the end; so the disk works
 * while files are being made. */
static int flush_behind(struct rootfs_run *r, struct err *err)
{
	int status;

	if (!stream_begin_flush(&r->stream))
		return 0;
	status = rootfs_mounts_flush(&r->mounts, err);
	stream_end_flush(&r->stream);
	return status;
}

int install_rootfs_chunk(struct install *in, const struct pool_job *job, const uint8_t *plain,
			 struct err *err)
{
	struct rootfs_run *r = in->rootfs;

	TRY(install_may_write(in, err));
	if (!stream_put(&r->stream, job->index, plain, job->chunk.plain_bytes))
		return err_set(err, ERR_IMAGE_MEMBER, "unpacking has stopped");
	return flush_behind(r, err);
}

int install_rootfs_finish(struct install *in, struct err *err)
{
	struct rootfs_run *r = in->rootfs;

	if (!r)
		return 0;
	TRY(end_thread(r, err));
	TRY(rootfs_mounts_flush(&r->mounts, err));
	return rootfs_mounts_unmount(&r->mounts, err);
}

/* ---- reading back ---------------------------------------------------------------------------- */

static void *run_checker(void *arg)
{
	struct rootfs_run *r = arg;

	if (!enter_folder(r->mounts.folder, &r->err))
		IGNORE_RESULT(rootfs_files_check(&r->files, &r->err));
	return NULL;
}

int install_rootfs_check(struct install *in, size_t payload, struct err *err)
{
	struct rootfs_run *r = in->rootfs;
	struct image_receipt_partition *p = install_partition_of(in, payload);

	/* Many small reads: let the kernel read ahead. What was written is out of its cache. */
	rootfs_mounts_read_ahead(&r->mounts);
	TRY(rootfs_mounts_mount(&r->mounts, MS_RDONLY, err));
	BUG_ON(pthread_create(&r->thread, NULL, run_checker, r));
	r->has_thread = true;
	TRY(end_thread(r, err));
	rootfs_files_digest(&r->files, p->read_back_sha256);
	p->was_read_back = true;
	install_progress(in, in->m->payloads[payload].size_bytes);
	return rootfs_mounts_unmount(&r->mounts, err);
}

void install_rootfs_stop(struct install *in)
{
	if (in->rootfs)
		stream_stop(&in->rootfs->stream);
}

void install_rootfs_end(struct install *in)
{
	struct rootfs_run *r = in->rootfs;

	if (!r)
		return;
	stream_stop(&r->stream);
	(void)end_thread(r, NULL);
	rootfs_mounts_done(&r->mounts);
	rootfs_files_done(&r->files);
	pthread_cond_destroy(&r->stream.changed);
	pthread_mutex_destroy(&r->stream.lock);
	free(r);
	in->rootfs = NULL;
}
