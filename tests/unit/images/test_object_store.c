/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object store: what is imported and found again, what is refused and leaves nothing behind,
 * uploads that break, gc, fsck, and the order of sequence numbers.
 */
#include "fixture.h"
#include <tests/harness/sandbox_root.h>

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/str.h>
#include <images/object_store.h>
#include <images/core/object_paths.h>

static unsigned n_files;

static int count_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	n_files += type == FTW_F && !str_ends(path, "/lock");
	return 0;
}

/* Files in the store, but for the lock. */
static unsigned files_in(const char *dir)
{
	n_files = 0;
	assert_int_equal(nftw(dir, count_file, 8, FTW_PHYS), 0);
	return n_files;
}

struct shop {
	struct fixture *f;
	char *dir;
	struct object_store *store;
};

static struct shop shop_of(void **state, const char *name)
{
	struct shop s = {.f = *state};
	struct err err = ERR_INIT;

	s.dir = xasprintf("%s/%s", s.f->dir, name);
	assert_int_equal(object_store_open(s.dir, &s.store, &err), 0);
	return s;
}

static void shop_done(struct shop *s)
{
	object_store_free(s->store);
	free(s->dir);
}

static int import_bytes(struct shop *s, const char *p, size_t n, const char *reason,
			struct manifest **ret, struct err *err)
{
	const char *path = fixture_path(s->f, "upload");
	autoclose int fd = -1;

	assert_int_equal(file_write_atomic(path, p, n, 0600, err), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return object_store_import_fd(s->store, fd, s->f->root, reason, ret, err);
}

static void test_import_and_find(void **state)
{
	struct shop s = shop_of(state, "find");
	AUTO(manifest) struct manifest *m = NULL, *again = NULL, *latest = NULL;
	struct err err = ERR_INIT;
	char hex[SHA256_HEX_BYTES];

	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &m, &err), 0);
	assert_int_equal(files_in(s.dir), 5); /* manifest, table, payload, signatures, sequence */
	hex_encode(m->digest, SHA256_BYTES, hex);
	assert_int_equal(object_store_find(s.store, hex, NULL, &again, &err), 0);
	assert_memory_equal(again->digest, m->digest, SHA256_BYTES);
	assert_int_equal(object_store_find(s.store, "debian12@latest", "x86_64", &latest, &err), 0);
	assert_memory_equal(latest->digest, m->digest, SHA256_BYTES);
	assert_int_equal(object_store_find(s.store, "debian12@1.1", NULL, &again, &err),
			 -ERR_NOT_FOUND);
	assert_int_equal(object_store_find(s.store, "debian12@1.0", "aarch64", &again, &err),
			 -ERR_NOT_FOUND);
	assert_int_equal(object_store_find(s.store, "", NULL, &again, &err), -ERR_INVALID);
	/* The same again changes nothing. */
	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err), 0);
	assert_int_equal(files_in(s.dir), 5);
	shop_done(&s);
}

static void test_the_latest_of_several(void **state)
{
	struct shop s = shop_of(state, "several");
	struct err err = ERR_INIT;
	AUTO(manifest) struct manifest *m = NULL;

	for (uint64_t seq = 5; seq < 8; seq++) {
		size_t n;
		autofree char *p = fixture_archive(s.f, fixture_path(s.f, "s.slip"), 16384, "many",
						   seq, &n);

		assert_int_equal(import_bytes(&s, p, n, NULL, NULL, &err), 0);
	}
	assert_int_equal(object_store_find(s.store, "many", NULL, &m, &err), 0);
	assert_int_equal(m->seq, 7);
	manifest_free(take_ptr(m));
	assert_int_equal(object_store_find(s.store, "many@1.0", NULL, &m, &err),
			 -ERR_IMAGE_AMBIGUOUS);
	shop_done(&s);
}

/* M-08: lower only once, with a reason, which is noted. */
static void test_rollback(void **state)
{
	struct shop s = shop_of(state, "rollback");
	struct err err = ERR_INIT;
	size_t n5, n6;
	autofree char *five = fixture_archive(s.f, fixture_path(s.f, "5.slip"), 16384, "l", 5, &n5);
	autofree char *six = fixture_archive(s.f, fixture_path(s.f, "6.slip"), 16384, "l", 6, &n6);
	autofree char *path = xasprintf("%s/seq/rollbacks", s.dir), *notes = NULL;
	unsigned before;

	assert_int_equal(import_bytes(&s, six, n6, NULL, NULL, &err), 0);
	before = files_in(s.dir);
	assert_int_equal(import_bytes(&s, five, n5, NULL, NULL, &err), -ERR_IMAGE_ROLLBACK);
	assert_int_equal(files_in(s.dir), before);
	assert_int_equal(import_bytes(&s, five, n5, "", NULL, &err), -ERR_INVALID);
	assert_int_equal(import_bytes(&s, five, n5, "6 does not boot", NULL, &err), 0);
	assert_int_equal(file_read(path, 4096, &notes, &n5, &err), 0);
	assert_non_null(strstr(notes, "6 does not boot"));
	assert_int_equal(import_bytes(&s, five, n6, NULL, NULL, &err), -ERR_IMAGE_ROLLBACK);
	shop_done(&s);
}

/* M-11: whatever is refused leaves no file. */
static void test_refused_leaves_nothing(void **state)
{
	struct shop s = shop_of(state, "refused");
	autofree char *copy = xmalloc(s.f->n_archive + 1);
	struct err err = ERR_INIT;

	memcpy(copy, s.f->archive, s.f->n_archive);
	for (size_t n = 0; n < s.f->n_archive; n += 512) {
		assert_int_equal(import_bytes(&s, copy, n, NULL, NULL, &err), -ERR_IMAGE_TRUNCATED);
		assert_int_equal(files_in(s.dir), 0);
	}
	for (size_t at = 100; at < s.f->n_archive; at += 777) {
		copy[at] ^= 1;
		assert_true(import_bytes(&s, copy, s.f->n_archive, NULL, NULL, &err) < 0);
		assert_int_equal(files_in(s.dir), 0);
		copy[at] ^= 1;
	}
	copy[s.f->n_archive] = 0;
	assert_int_equal(import_bytes(&s, copy, s.f->n_archive + 1, NULL, NULL, &err),
			 -ERR_IMAGE_TRAILING);
	assert_int_equal(files_in(s.dir), 0);
	shop_done(&s);
}

static void expired(struct trust_root *r)
{
	r->expires_s = r->created_s + 1;
}

/* C-05: nobody vouches for the signers any more. */
static void test_a_root_that_has_expired(void **state)
{
	struct shop s = shop_of(state, "expired");
	AUTO(trust_root) struct trust_root *root = fixture_root(s.f, expired, 1);
	const char *path = fixture_path(s.f, "upload");
	struct err err = ERR_INIT;
	autoclose int fd = -1;

	assert_int_equal(file_write_atomic(path, s.f->archive, s.f->n_archive, 0600, &err), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(object_store_import_fd(s.store, fd, root, NULL, NULL, &err),
			 -ERR_IMAGE_ROOT_EXPIRED);
	assert_int_equal(files_in(s.dir), 0);
	shop_done(&s);
}

static void test_too_many_uploads(struct shop *s)
{
	static const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct err err = ERR_INIT;
	char id[16];

	for (int i = 0; i < OBJECT_UPLOADS_MAX; i++) {
		snprintf(id, sizeof(id), "upload%02d", i);
		assert_int_equal(object_upload_append(s->store, id, 0, "x", 1, &err), 0);
	}
	assert_int_equal(object_upload_append(s->store, "uploadmore", 0, "x", 1, &err), -ERR_BUSY);
	assert_int_equal(object_upload_append(s->store, "upload03", 1, "x", 1, &err), 0);
	/* One that nobody went on with for a day makes room. */
	autofree char *path = xasprintf("%s/uploads/upload03", s->dir);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(object_upload_append(s->store, "uploadmore", 0, "x", 1, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	object_upload_remove(s->store, "uploadmore");
	for (int i = 0; i < OBJECT_UPLOADS_MAX; i++) {
		snprintf(id, sizeof(id), "upload%02d", i);
		object_upload_remove(s->store, id);
	}
}

static void test_uploads_go_on(void **state)
{
	struct shop s = shop_of(state, "uploads");
	struct err err = ERR_INIT;
	AUTO(manifest) struct manifest *m = NULL;
	uint64_t offset;
	int fd;

	assert_int_equal(object_upload_offset(s.store, "../../etc", &offset, &err), -ERR_INVALID);
	assert_int_equal(object_upload_offset(s.store, "abcdefgh1", &offset, &err), 0);
	assert_int_equal(offset, 0);
	assert_int_equal(object_upload_append(s.store, "abcdefgh1", 0, s.f->archive, 3000, &err),
			 0);
	/* The connection breaks; the client asks where it was. */
	assert_int_equal(object_upload_offset(s.store, "abcdefgh1", &offset, &err), 0);
	assert_int_equal(offset, 3000);
	assert_int_equal(object_upload_append(s.store, "abcdefgh1", 2000, s.f->archive, 10, &err),
			 -ERR_IMAGE_UPLOAD);
	assert_int_equal(object_upload_append(s.store, "abcdefgh2", 10, s.f->archive, 10, &err),
			 -ERR_IMAGE_UPLOAD);
	assert_int_equal(object_upload_append(s.store, "abcdefgh1", 3000, s.f->archive + 3000,
					      s.f->n_archive - 3000, &err),
			 0);
	assert_int_equal(object_upload_open(s.store, "abcdefgh1", &fd, &err), 0);
	assert_int_equal(object_store_import_fd(s.store, fd, s.f->root, NULL, &m, &err), 0);
	(void)close(fd);
	object_upload_remove(s.store, "abcdefgh1");
	fd = open(s.f->archive_path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(object_upload_append_fd(s.store, "abcdefgh1", 0, fd, 5000, &err), 0);
	assert_int_equal(object_upload_append_fd(s.store, "abcdefgh1", 5000, fd, 1 << 30, &err),
			 -ERR_IMAGE_TRUNCATED);
	(void)close(fd);
	object_upload_remove(s.store, "abcdefgh1");
	test_too_many_uploads(&s);
	assert_int_equal(object_upload_open(s.store, "abcdefgh1", &fd, &err), -ERR_NOT_FOUND);
	assert_int_equal(files_in(s.dir), 5);
	shop_done(&s);
}

static void damage(const char *object)
{
	autoclose int fd = -1;

	assert_int_equal(chmod(object, 0600), 0);
	fd = open(object, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 100), 1);
}

static char *object_of(const struct shop *s, const uint8_t *digest)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	return xasprintf("%s/sha256/%.2s/%s", s->dir, hex, hex);
}

/* Whoever asks for the latest image is not given the one before it because the newest cannot be
 * read, whether it is the only one, gone, or in quarantine. */
static void test_a_damaged_manifest(void **state)
{
	static const struct {
		const char *name;
		bool has_older;
		enum { SOUND, CHANGED, GONE } newest;
		bool is_forgotten; /* an operator removed the newest */
		const char *wish;
		enum err_code code;
		uint64_t seq; /* of what is found */
	} rows[] = {
		{"nothing is wrong", true, SOUND, false, "debian12@latest", ERR_OK, 7},
		{"the newest changed", true, CHANGED, false, "debian12@latest", ERR_IMAGE_DAMAGED,
		 0},
		{"the newest is gone", true, GONE, false, "debian12@latest", ERR_IMAGE_DAMAGED, 0},
		{"by the line's name", true, CHANGED, false, "debian12", ERR_IMAGE_DAMAGED, 0},
		{"it was the only one", false, CHANGED, false, "debian12@latest", ERR_IMAGE_DAMAGED,
		 0},
		{"a version that is sound", true, CHANGED, false, "debian12@1.0", ERR_OK, 3},
		{"another line", true, CHANGED, false, "debian13@latest", ERR_NOT_FOUND, 0},
		{"the newest was removed", true, CHANGED, true, "debian12@latest", ERR_OK, 3},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shop s = shop_of(state, rows[i].name);
		AUTO(manifest) struct manifest *newest = NULL, *found = NULL;
		autofree char *older = NULL, *path = xasprintf("%s/older.slip", s.f->dir);
		struct err err = ERR_INIT;
		size_t n;

		if (rows[i].has_older) {
			older = fixture_archive(s.f, path, 8192, "debian12", 3, &n);
			CHECK_ERR(rows[i].name, import_bytes(&s, older, n, NULL, NULL, &err), 0);
		}
		CHECK_ERR(rows[i].name,
			  import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &newest, &err), 0);
		/* what is known of it from before does not stand in for what is there now */
		CHECK_ERR(rows[i].name,
			  object_store_find(s.store, "debian12@latest", "x86_64", &found, &err), 0);
		manifest_free(take_ptr(found));
		autofree char *object = object_of(&s, newest->digest);
		if (rows[i].newest == CHANGED)
			damage(object);
		if (rows[i].newest == GONE)
			assert_int_equal(unlink(object), 0);
		if (rows[i].newest != SOUND)
			CHECK_ERR(rows[i].name,
				  object_store_get(s.store, newest->digest, &found, &err),
				  ERR_IMAGE_DAMAGED);
		if (rows[i].is_forgotten)
			assert_int_equal(object_store_remove(s.store, newest->digest, &err), 0);
		CHECK_ERR(rows[i].name,
			  object_store_find(s.store, rows[i].wish, "x86_64", &found, &err),
			  rows[i].code);
		CHECK_INT(rows[i].name, found ? found->seq : 0, rows[i].seq);
		shop_done(&s);
	}
}

static bool count_image(void *arg, const struct manifest *m)
{
	(void)m;
	++*(unsigned *)arg;
	return true;
}

static int list_images(struct shop *s, unsigned *ret_n)
{
	struct err err = ERR_INIT;

	*ret_n = 0;
	return object_store_list(s->store, count_image, ret_n, &err);
}

/* A list of many is not read again while its files stay as they are; what left the list is forgotten. */
static void test_a_manifest_is_read_once(void **state)
{
	struct shop s = shop_of(state, "known");
	AUTO(manifest) struct manifest *m = NULL;
	struct err err = ERR_INIT;
	unsigned n;

	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &m, &err), 0);
	const struct manifest *first = object_known_get(s.store, m->digest, object_store_get);
	assert_non_null(first);
	assert_int_equal(list_images(&s, &n), 0);
	assert_int_equal(n, 1);
	assert_ptr_equal(object_known_get(s.store, m->digest, object_store_get), first);
	autofree char *object = object_of(&s, m->digest);
	damage(object);
	assert_null(object_known_get(s.store, m->digest, object_store_get));
	assert_int_equal(list_images(&s, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(unlink(object), 0);
	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err), 0);
	assert_int_equal(list_images(&s, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(object_store_remove(s.store, m->digest, &err), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(list_images(&s, &n), 0);
	assert_int_equal(n, 0);
	shop_done(&s);
}

/* A name that nothing has is told apart from one that may be among what cannot be read. */
static void test_not_found(void **state)
{
	struct shop s = shop_of(state, "not-found");
	AUTO(manifest) struct manifest *m = NULL, *again = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(object_store_find(s.store, "debian12@9", "x86_64", &again, &err),
			 -ERR_NOT_FOUND);
	assert_string_equal(err.msg, "image 'debian12@9' for x86_64 is not in the store");
	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &m, &err), 0);
	autofree char *object = object_of(&s, m->digest);
	damage(object);
	assert_int_equal(object_store_find(s.store, "debian12@9", "x86_64", &again, &err),
			 -ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "where 1 cannot be read: see slipway image fsck"));
	shop_done(&s);
}

static void test_gc_and_fsck(void **state)
{
	struct shop s = shop_of(state, "gc");
	struct object_store_report r;
	AUTO(manifest) struct manifest *m = NULL;
	struct err err = ERR_INIT;
	char hex[SHA256_HEX_BYTES];
	autofree char *object = NULL;

	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &m, &err), 0);
	assert_int_equal(object_store_gc(s.store, &r, &err), 0);
	assert_int_equal(r.n_removed, 0);
	assert_int_equal(object_store_fsck(s.store, false, NULL, NULL, &r, &err), 0);
	assert_int_equal(r.n_bad, 0);
	assert_int_equal(r.n_objects, 3);

	hex_encode(m->payloads[0].packed_sha256, SHA256_BYTES, hex);
	object = xasprintf("%s/sha256/%.2s/%s", s.dir, hex, hex);
	damage(object);
	assert_int_equal(object_store_fsck(s.store, false, NULL, NULL, &r, &err), 0);
	assert_int_equal(r.n_bad, 1);
	assert_int_equal(unlink(object), 0);
	assert_int_equal(object_store_fsck(s.store, false, NULL, NULL, &r, &err), 0);
	assert_int_equal(r.n_bad, 1);

	assert_int_equal(object_store_remove(s.store, m->digest, &err), 0);
	assert_int_equal(object_store_remove(s.store, m->digest, &err), -ERR_NOT_FOUND);
	assert_int_equal(object_store_gc(s.store, &r, &err), 0);
	assert_int_equal(r.n_removed, 2);
	assert_int_equal(files_in(s.dir), 1); /* the sequence stays */
	shop_done(&s);
}

static char *payload_path(const struct shop *s, const struct manifest *m)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(m->payloads[0].packed_sha256, SHA256_BYTES, hex);
	return xasprintf("%s/sha256/%.2s/%s", s->dir, hex, hex);
}

static int check_image(struct shop *s, const uint8_t *image, struct object_check_result *ret,
		       struct err *err)
{
	struct object_check *c;
	struct pollfd p = {.events = POLLIN};

	TRY(object_check_start(s->store, image, &c, &p.fd, err));
	assert_int_equal(poll(&p, 1, 10000), 1);
	return object_check_finish(c, ret, err);
}

/* an object that was changed in the store is found, put away, and the image is not ready
 * until it is imported again. */
static void test_a_changed_object_is_put_away(void **state)
{
	struct shop s = shop_of(state, "changed");
	struct object_check_result r;
	struct object_store_report report;
	AUTO(manifest) struct manifest *m = NULL;
	struct err err = ERR_INIT;
	static const uint8_t other[SHA256_BYTES];
	autofree char *object = NULL, *kept = NULL;
	struct object_check *c;
	int pidfd;

	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &m, &err), 0);
	object = payload_path(&s, m);
	kept = xasprintf("%s/quarantine/%s", s.dir, strrchr(object, '/') + 1);
	assert_int_equal(check_image(&s, m->digest, &r, &err), 0);
	assert_int_equal(r.n_objects, 3);
	assert_int_equal(r.n_bad, 0);
	assert_int_equal(object_store_ready(s.store, m, &err), 0);

	damage(object);
	assert_int_equal(object_store_ready(s.store, m, &err), 0); /* its size is right */
	assert_int_equal(check_image(&s, m->digest, &r, &err), 0);
	assert_int_equal(r.n_bad, 1);
	assert_string_equal(r.first_bad, strrchr(object, '/') + 1);
	assert_int_equal(access(object, F_OK), -1);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_equal(object_store_ready(s.store, m, &err), -ERR_IMAGE_DAMAGED);

	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err), 0);
	assert_int_equal(object_store_ready(s.store, m, &err), 0);
	assert_int_equal(check_image(&s, m->digest, &r, &err), 0);
	assert_int_equal(r.n_bad, 0);

	/* The same by fsck; and an import heals without it, too. */
	damage(object);
	assert_int_equal(object_store_fsck(s.store, true, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.n_bad, 1);
	assert_int_equal(object_store_ready(s.store, m, &err), -ERR_IMAGE_DAMAGED);
	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err), 0);
	damage(object);
	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err), 0);
	assert_int_equal(object_store_fsck(s.store, false, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.n_bad, 0);

	assert_int_equal(check_image(&s, other, &r, &err), -ERR_NOT_FOUND);
	assert_int_equal(object_check_start(s.store, m->digest, &c, &pidfd, &err), 0);
	object_check_cancel(c);
	object_check_cancel(NULL);
	shop_done(&s);
}

/* M-10: the process dies when the archive was read and nothing has a name yet: all of it went down
 * the pipe and was taken out of it, but for the end. */
static void test_killed_before_anything_is_kept(void **state)
{
	static const char *const names[] = {"killed", "killed-beside"};

	for (size_t beside = 0; beside < ARRAY_LEN(names); beside++) {
		struct shop s = shop_of(state, names[beside]);
		struct err err = ERR_INIT;
		int fds[2], status = 0, n_waiting = 1;
		pid_t pid;

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pid = fork();
		if (!pid) {
			struct object_import *i;

			if (!beside)
				IGNORE_RESULT(object_store_import_fd(s.store, fds[0], s.f->root,
								     NULL, NULL, &err));
			else if (!object_import_start(s.store, fds[0], s.f->root, NULL, &i, &err))
				(void)pause();
			_exit(1);
		}
		(void)close(fds[0]);
		assert_int_equal(file_write_all(fds[1], s.f->archive, s.f->n_archive, &err), 0);
		for (int n = 0; n < 1000 && n_waiting; n++) {
			assert_int_equal(ioctl(fds[1], FIONREAD, &n_waiting), 0);
			usleep(1000);
		}
		assert_int_equal(n_waiting, 0);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		CHECK(names[beside], WIFSIGNALED(status));
		(void)close(fds[1]);
		CHECK_INT(names[beside], files_in(s.dir), 0);
		assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err),
				 0);
		CHECK_INT(names[beside], files_in(s.dir), 5);
		shop_done(&s);
	}
}

/* The event loop gets what a caller that waits gets, a refusal included. */
static void test_beside_an_event_loop(void **state)
{
	static const struct {
		const char *name;
		size_t n_bytes; /* of the archive; 0: all */
		enum err_code code;
	} rows[] = {
		{"the whole", 0, ERR_OK},
		{"half of it", 4096, ERR_IMAGE_TRUNCATED},
	};

	for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
		struct shop s = shop_of(state, rows[k].name);
		AUTO(manifest) struct manifest *m = NULL;
		struct pollfd p = {.events = POLLIN};
		struct object_import *i;
		struct err err = ERR_INIT;
		autoclose int fd = memfd_create("archive", MFD_CLOEXEC);
		size_t n = rows[k].n_bytes ? rows[k].n_bytes : s.f->n_archive;

		assert_int_equal(pwrite(fd, s.f->archive, n, 0), (ssize_t)n);
		assert_int_equal(object_import_start(s.store, fd, s.f->root, NULL, &i, &err), 0);
		p.fd = object_import_pidfd(i);
		assert_int_equal(poll(&p, 1, 20000), 1);
		CHECK_ERR(rows[k].name, object_import_finish(i, &m, &err), rows[k].code);
		CHECK_INT(rows[k].name, m != NULL, rows[k].code == ERR_OK);
		if (rows[k].code)
			CHECK(rows[k].name, strstr(err.msg, "the archive ends here") != NULL);
		shop_done(&s);
	}
}

/* The child is stopped in the middle: nothing is left and the store goes on. */
static void test_a_cancelled_import(void **state)
{
	struct shop s = shop_of(state, "cancel");
	struct object_import *i;
	struct err err = ERR_INIT;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(object_import_start(s.store, fds[0], s.f->root, NULL, &i, &err), 0);
	assert_int_equal(file_write_all(fds[1], s.f->archive, 4096, &err), 0);
	object_import_cancel(i);
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_int_equal(files_in(s.dir), 0);
	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, NULL, &err), 0);
	shop_done(&s);
}

/* An import has the store's lock for as long as it takes; forgetting an image does not wait for it. */
static void test_forgetting_waits_for_nobody(void **state)
{
	struct shop s = shop_of(state, "forget");
	struct err err = ERR_INIT;
	AUTO(manifest) struct manifest *m = NULL;

	assert_int_equal(import_bytes(&s, s.f->archive, s.f->n_archive, NULL, &m, &err), 0);
	autofree char *path = xasprintf("%s/lock", s.dir);
	autoclose int lock = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	(void)alarm(10); /* the end of one that waits */
	assert_int_equal(object_store_remove(s.store, m->digest, &err), 0);
	(void)alarm(0);
	shop_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_and_find),
		cmocka_unit_test(test_the_latest_of_several),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_refused_leaves_nothing),
		cmocka_unit_test(test_a_root_that_has_expired),
		cmocka_unit_test(test_uploads_go_on),
		cmocka_unit_test(test_a_damaged_manifest),
		cmocka_unit_test(test_a_manifest_is_read_once),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_gc_and_fsck),
		cmocka_unit_test(test_a_changed_object_is_put_away),
		cmocka_unit_test(test_killed_before_anything_is_kept),
		cmocka_unit_test(test_beside_an_event_loop),
		cmocka_unit_test(test_a_cancelled_import),
		cmocka_unit_test(test_forgetting_waits_for_nobody),
	};

	sandbox_root();
	return cmocka_run_group_tests_name("images/object_store", tests, fixture_setup,
					   fixture_teardown);
}
