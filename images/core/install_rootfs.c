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
#include <linux/loop.h>
#include <locale.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#include "empty_fs.h"
#include "loop_device.h"
#include "rootfs_files.h"

#define STREAM_BYTES (4 * 1024 * 1024)

/* Bytes on their way from the workers, who wait for their turn, to the unpacking thread. */
struct stream {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t next_chunk;
	uint8_t *ring;
	size_t first, n_bytes;
	bool at_end;    /* all chunks are in */
	bool stopped;   /* nobody reads any more */
	uint8_t *given; /* what libarchive holds */
};

struct rootfs_run {
	struct install *in;
	size_t payload;
	size_t n_chunks;
	struct loop_device loop;
	char folder[64];
	bool is_mounted;
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

static size_t put_some(struct stream *s, const uint8_t *p, size_t n_bytes)
{
	size_t at = (s->first + s->n_bytes) % STREAM_BYTES;
	size_t room = STREAM_BYTES - s->n_bytes, to_end = STREAM_BYTES - at;
	size_t n = n_bytes < room ? n_bytes : room;

	if (n > to_end)
		n = to_end;
	memcpy(s->ring + at, p, n);
	s->n_bytes += n;
	return n;
}

/* Wait for the chunk's turn, then for room. False when reading has stopped. */
static bool stream_put(struct stream *s, size_t index, size_t n_chunks, const uint8_t *p,
		       size_t n_bytes)
{
	bool stopped;

	pthread_mutex_lock(&s->lock);
	while (!s->stopped && s->next_chunk != index)
		pthread_cond_wait(&s->changed, &s->lock);
	while (!s->stopped && n_bytes) {
		size_t n = put_some(s, p, n_bytes);

		p += n;
		n_bytes -= n;
		pthread_cond_broadcast(&s->changed);
		if (n_bytes && s->n_bytes == STREAM_BYTES)
			pthread_cond_wait(&s->changed, &s->lock);
	}
	s->next_chunk = index + 1;
	s->at_end = s->next_chunk == n_chunks;
	stopped = s->stopped;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return !stopped;
}

static void stream_stop(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopped = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* libarchive's reader: the next piece, 0 at the end. */
static la_ssize_t stream_read(struct archive *a, void *arg, const void **ret)
{
	struct stream *s = arg;
	size_t n;

	(void)a;
	pthread_mutex_lock(&s->lock);
	while (!s->stopped && !s->at_end && !s->n_bytes)
		pthread_cond_wait(&s->changed, &s->lock);
	n = s->n_bytes < STREAM_BYTES - s->first ? s->n_bytes : STREAM_BYTES - s->first;
	if (s->stopped)
		n = 0;
	memcpy(s->given, s->ring + s->first, n);
	s->first = (s->first + n) % STREAM_BYTES;
	s->n_bytes -= n;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	*ret = s->given;
	return (la_ssize_t)n;
}

/* ---- the unpacking thread -------------------------------------------------------------------- */

/* A root directory for this thread alone. */
static int enter_folder(const char *folder, struct err *err)
{
	if (unshare(CLONE_FS) || chroot(folder) || chdir("/"))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot enter the new file system");
	return 0;
}

static int unpack_all(struct rootfs_run *r, struct archive *from, struct err *err)
{
	bool devices = r->in->m->payloads[r->payload].devices;

	TRY(enter_folder(r->folder, err));
	if (archive_read_open(from, &r->stream, NULL, stream_read, NULL) != ARCHIVE_OK)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read the tar: %s",
			       archive_error_string(from));
	return rootfs_files_unpack(&r->files, from, devices, r->in->request->read_back, err);
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
	archive_read_free(from);
	(void)uselocale(LC_GLOBAL_LOCALE);
	if (utf8)
		freelocale(utf8);
	return NULL;
}

/* ---- begin ----------------------------------------------------------------------------------- */

static int mount_fs(struct rootfs_run *r, unsigned long flags, struct err *err)
{
	const struct image_receipt_partition *p = install_partition_of(r->in, r->payload);

	if (mount(r->loop.path, r->folder, partition_fs_str(p->fs), flags | MS_NOATIME, NULL))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot mount the new file system");
	r->is_mounted = true;
	return 0;
}

static int unmount_fs(struct rootfs_run *r, struct err *err)
{
	if (r->is_mounted && umount2(r->folder, 0))
		return err_sys(err, ERR_IMAGE_TARGET, "cannot unmount the new file system");
	r->is_mounted = false;
	return 0;
}

static int prepare(struct rootfs_run *r, struct err *err)
{
	const struct image_receipt_partition *p = install_partition_of(r->in, r->payload);

	TRY(install_may_write(r->in, err));
	TRY(loop_device_open(r->in->target.fd, p->start_bytes, p->size_bytes, &r->loop, err));
	TRY(empty_fs_make_on(r->loop.path, p->fs, err));
	(void)str_copy(r->folder, sizeof(r->folder), "/tmp/.slipway-root.XXXXXX");
	if (!mkdtemp(r->folder)) {
		r->folder[0] = '\0';
		return err_sys(err, ERR_IMAGE_TARGET, "cannot make a folder to mount on");
	}
	return mount_fs(r, 0, err);
}

static struct rootfs_run *run_new(struct install *in, size_t payload)
{
	struct rootfs_run *r = xcalloc(1, sizeof(*r));

	r->in = in;
	r->payload = payload;
	r->n_chunks = source_table(in->source, payload)->n;
	r->loop.fd = -1;
	r->stream.ring = xmalloc(STREAM_BYTES);
	r->stream.given = xmalloc(STREAM_BYTES);
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

int install_rootfs_chunk(struct install *in, const struct pool_job *job, const uint8_t *plain,
			 struct err *err)
{
	struct rootfs_run *r = in->rootfs;

	TRY(install_may_write(in, err));
	if (!stream_put(&r->stream, job->index, r->n_chunks, plain, job->chunk.plain_bytes))
		return err_set(err, ERR_IMAGE_MEMBER, "unpacking has stopped");
	return 0;
}

int install_rootfs_finish(struct install *in, struct err *err)
{
	struct rootfs_run *r = in->rootfs;
	int fd;

	if (!r)
		return 0;
	TRY(end_thread(r, err));
	fd = open(r->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || syncfs(fd)) {
		if (fd >= 0)
			(void)close(fd);
		return err_sys(err, ERR_IO, "cannot flush the new file system");
	}
	(void)close(fd);
	return unmount_fs(r, err);
}

/* ---- reading back ---------------------------------------------------------------------------- */

static void *run_checker(void *arg)
{
	struct rootfs_run *r = arg;

	if (!enter_folder(r->folder, &r->err))
		(void)rootfs_files_check(&r->files, &r->err);
	return NULL;
}

int install_rootfs_check(struct install *in, size_t payload, struct err *err)
{
	struct rootfs_run *r = in->rootfs;
	struct image_receipt_partition *p = install_partition_of(in, payload);

	/* Many small reads: let the kernel read ahead. What was written is out of its cache. */
	(void)ioctl(r->loop.fd, LOOP_SET_DIRECT_IO, 0UL);
	TRY(mount_fs(r, MS_RDONLY, err));
	BUG_ON(pthread_create(&r->thread, NULL, run_checker, r));
	r->has_thread = true;
	TRY(end_thread(r, err));
	rootfs_files_digest(&r->files, p->read_back_sha256);
	p->was_read_back = true;
	install_progress(in, in->m->payloads[payload].size_bytes);
	return unmount_fs(r, err);
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
	(void)unmount_fs(r, NULL);
	if (r->folder[0])
		(void)rmdir(r->folder);
	loop_device_close(&r->loop);
	rootfs_files_done(&r->files);
	pthread_cond_destroy(&r->stream.changed);
	pthread_mutex_destroy(&r->stream.lock);
	free(r->stream.ring);
	free(r->stream.given);
	free(r);
	in->rootfs = NULL;
}
