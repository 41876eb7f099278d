/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are the objects of an image still what their names say? See images/object_store.h. Reading
 * gigabytes takes minutes, so a child does it, and the caller's loop watches the child. What is bad
 * leaves its name: no host is sent it again, and it can be looked at.
 */
#include "object_paths.h"
#include "object_process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define HASH_BYTES MIB
#define NICENESS   10 /* serving images comes first */

struct object_check {
	struct object_process process;
};

struct order {
	struct object_store *store;
	const uint8_t *image;
};

bool object_is_sound(const char *path, const uint8_t *digest)
{
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *buffer = xmalloc(HASH_BYTES);
	uint8_t real[SHA256_BYTES];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buffer, HASH_BYTES)) > 0)
		sha256_update(h, buffer, (size_t)n);
	sha256_final(h, real);
	return n == 0 && digest_eq(real, digest, SHA256_BYTES);
}

int object_quarantine(const struct object_store *s, const uint8_t *digest, struct err *err)
{
	autofree char *path = object_path(s, digest), *to = NULL;
	autofree char *folder = xasprintf("%s/quarantine", s->dir);
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	to = xasprintf("%s/%s", folder, hex);
	TRY(file_make_dirs(folder, 0755, err));
	if (rename(path, to) && errno != ENOENT)
		return err_sys(err, ERR_IO, "cannot put object '%s' into quarantine", path);
	return 0;
}

int object_store_ready(struct object_store *s, const struct manifest *m, struct err *err)
{
	for (size_t i = 0; i < 2 * m->n_payloads; i++) {
		const struct manifest_payload *p = &m->payloads[i / 2];
		uint64_t size_bytes = i % 2 ? p->packed_bytes : p->table_bytes;
		autofree char *path = object_path(s, i % 2 ? p->packed_sha256 : p->table_sha256);
		struct stat st;

		if (lstat(path, &st) || (uint64_t)st.st_size != size_bytes)
			return err_set(err, ERR_IMAGE_DAMAGED,
				       "image %s %s: object '%.12s' of payload '%s' is missing or "
				       "in quarantine",
				       m->line, m->version, strrchr(path, '/') + 1, p->name);
	}
	return 0;
}

/* ---- the child ------------------------------------------------------------------------------- */

static void check_one(const struct object_store *s, const uint8_t *digest,
		      struct object_check_result *result)
{
	autofree char *path = object_path(s, digest);

	result->n_objects++;
	if (object_is_sound(path, digest))
		return;
	if (!result->n_bad++)
		hex_encode(digest, SHA256_BYTES, result->first_bad);
	IGNORE_RESULT(object_quarantine(s, digest, &result->err));
}

static void check_all(struct object_store *s, const uint8_t *image,
		      struct object_check_result *result)
{
	AUTO(manifest) struct manifest *m = NULL;
	autoclose int lock = object_lock(s, &result->err);

	if (lock < 0 || object_store_get(s, image, &m, &result->err) < 0)
		return;
	check_one(s, m->digest, result);
	for (size_t i = 0; i < m->n_payloads; i++) {
		check_one(s, m->payloads[i].table_sha256, result);
		check_one(s, m->payloads[i].packed_sha256, result);
	}
}

static void check(void *arg, int fd, void *ret_result)
{
	const struct order *order = arg;

	(void)fd;
	(void)setpriority(PRIO_PROCESS, 0, NICENESS);
	check_all(order->store, order->image, ret_result);
}

/* ---- the parent ------------------------------------------------------------------------------ */

int object_check_start(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
		       struct object_check **ret, int *ret_pidfd, struct err *err)
{
	struct order order = {.store = s, .image = digest};
	autofree struct object_check *c = xcalloc(1, sizeof(*c));

	TRY(object_process_start(&c->process, check, &order, -1, sizeof(struct object_check_result),
				 err));
	*ret_pidfd = c->process.child.pidfd;
	*ret = take_ptr(c);
	return 0;
}

int object_check_finish(struct object_check *c, struct object_check_result *ret, struct err *err)
{
	autofree struct object_check *own = c;

	TRY(object_process_finish(&own->process, ret, sizeof(*ret), err));
	if (!ret->err.code)
		return 0;
	if (err)
		*err = ret->err;
	return -ret->err.code;
}

void object_check_cancel(struct object_check *c)
{
	if (!c)
		return;
	object_process_cancel(&c->process);
	free(c);
}
