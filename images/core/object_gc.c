/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the store clean and sound: gc removes what no image refers to, fsck reads everything; see
 * images/object_store.h.
 */
#include "object_paths.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

/* Visit every object. The path is of the file, the digest is its name's. */
typedef int (*visit_object)(void *arg, const char *path, const uint8_t *digest,
			    const struct stat *st, struct err *err);

static int visit_folder(const char *folder, visit_object visit, void *arg, struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	int status = 0;

	if (!dir)
		return err_sys(err, ERR_IO, "cannot read folder '%s'", folder);
	while (!status && (d = readdir(dir))) {
		autofree char *path = xasprintf("%s/%s", folder, d->d_name);
		uint8_t digest[SHA256_BYTES];
		struct stat st;

		if (strlen(d->d_name) != 2 * (size_t)SHA256_BYTES ||
		    !hex_decode(d->d_name, digest, sizeof(digest)) || lstat(path, &st))
			continue;
		status = visit(arg, path, digest, &st, err);
	}
	(void)closedir(dir);
	return status;
}

static int visit_objects(const struct object_store *s, visit_object visit, void *arg,
			 struct err *err)
{
	for (unsigned i = 0; i < 256; i++) {
		autofree char *folder = xasprintf("%s/sha256/%02x", s->dir, i);

		if (!access(folder, F_OK))
			TRY(visit_folder(folder, visit, arg, err));
	}
	return 0;
}

/* Digests of all objects that images need, as keys of a JSON object. */
static void need(json_t *set, const uint8_t *digest)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	json_object_set_new(set, hex, json_true());
}

static bool is_needed(const json_t *set, const uint8_t *digest)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	return json_object_get(set, hex);
}

static void need_image(json_t *set, const struct manifest *m)
{
	need(set, m->digest);
	for (size_t i = 0; i < m->n_payloads; i++) {
		need(set, m->payloads[i].table_sha256);
		need(set, m->payloads[i].packed_sha256);
	}
}

/* ---- gc -------------------------------------------------------------------------------------- */

struct gc {
	json_t *needed;
	struct object_store_report *report;
};

static int collect(void *arg, const char *path, const uint8_t *digest, const struct stat *st,
		   struct err *err)
{
	struct gc *gc = arg;

	if (is_needed(gc->needed, digest)) {
		gc->report->n_objects++;
		gc->report->total_bytes += (uint64_t)st->st_size;
		return 0;
	}
	if (unlink(path))
		return err_sys(err, ERR_IO, "cannot remove '%s'", path);
	gc->report->n_removed++;
	gc->report->removed_bytes += (uint64_t)st->st_size;
	return 0;
}

static void remove_old_uploads(const struct object_store *s, struct object_store_report *report)
{
	autofree char *folder = xasprintf("%s/uploads", s->dir);
	DIR *dir = opendir(folder);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		autofree char *path = xasprintf("%s/%s", folder, d->d_name);
		struct stat st;

		if (lstat(path, &st) || !S_ISREG(st.st_mode) ||
		    time_wall_us() / 1000000 - st.st_mtime < OBJECT_UPLOAD_MAX_AGE_S ||
		    unlink(path))
			continue;
		report->n_removed++;
		report->removed_bytes += (uint64_t)st.st_size;
	}
	if (dir)
		(void)closedir(dir);
}

/* An image whose manifest cannot be read keeps everything: a damaged store is not collected. */
static int find_needed(struct object_store *s, json_t *needed, struct object_store_report *report,
		       struct err *err)
{
	uint8_t(*digests)[SHA256_BYTES];
	size_t n;
	int status = 0;

	TRY(object_image_digests(s, &digests, &n, err));
	for (size_t i = 0; i < n && !status; i++) {
		AUTO(manifest) struct manifest *m = NULL;

		status = object_store_get(s, digests[i], &m, err);
		if (!status)
			need_image(needed, m);
	}
	free(digests);
	report->n_images = n;
	return status;
}

int object_store_gc(struct object_store *s, struct object_store_report *ret, struct err *err)
{
	autojson json_t *needed = json_object();
	struct gc gc = {.needed = needed, .report = ret};
	autoclose int lock = object_lock(s, err);

	if (lock < 0)
		return lock;
	*ret = (struct object_store_report){0};
	TRY(find_needed(s, needed, ret, err));
	TRY(visit_objects(s, collect, &gc, err));
	remove_old_uploads(s, ret);
	return 0;
}

/* ---- fsck ------------------------------------------------------------------------------------ */

struct fsck {
	struct object_store *store;
	bool quarantine;
	void (*each)(void *arg, const char *what);
	void *arg;
	struct object_store_report *report;
};

static void tell(struct fsck *f, const char *what)
{
	f->report->n_bad++;
	if (f->each)
		f->each(f->arg, what);
}

static int check_object(void *arg, const char *path, const uint8_t *digest, const struct stat *st,
			struct err *err)
{
	struct fsck *f = arg;
	autofree char *what = NULL;

	f->report->n_objects++;
	f->report->total_bytes += (uint64_t)st->st_size;
	if (object_is_sound(path, digest))
		return 0;
	what = xasprintf("%s: content does not match its name%s", path,
			 f->quarantine ? ", now in quarantine" : "");
	tell(f, what);
	return f->quarantine ? object_quarantine(f->store, digest, err) : 0;
}

static void check_present(struct fsck *f, const uint8_t *digest, uint64_t size_bytes)
{
	autofree char *path = object_path(f->store, digest);
	struct stat st;

	if (!lstat(path, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size_bytes)
		return;
	autofree char *what = xasprintf("%s: missing, or of another size", path);
	tell(f, what);
}

static void check_image(struct fsck *f, const uint8_t *digest)
{
	AUTO(manifest) struct manifest *m = NULL;
	struct err err = ERR_INIT;

	if (object_store_get(f->store, digest, &m, &err) < 0) {
		tell(f, err.msg);
		return;
	}
	for (size_t i = 0; i < m->n_payloads; i++) {
		check_present(f, m->payloads[i].table_sha256, m->payloads[i].table_bytes);
		check_present(f, m->payloads[i].packed_sha256, m->payloads[i].packed_bytes);
	}
}

int object_store_fsck(struct object_store *s, bool quarantine,
		      void (*each)(void *arg, const char *what), void *arg,
		      struct object_store_report *ret, struct err *err)
{
	struct fsck f = {
		.store = s, .quarantine = quarantine, .each = each, .arg = arg, .report = ret};
	uint8_t(*digests)[SHA256_BYTES];
	size_t n;

	*ret = (struct object_store_report){0};
	TRY(object_image_digests(s, &digests, &n, err));
	for (size_t i = 0; i < n; i++)
		check_image(&f, digests[i]);
	free(digests);
	ret->n_images = n;
	return visit_objects(s, check_object, &f, err);
}
