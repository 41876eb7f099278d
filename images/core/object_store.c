/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images of an object store: open, list, find, remove; see images/object_store.h. Manifests are
 * read back from objects that were checked when they came in, and are compared with their names
 * again; a list may hold what was read before, if its file has not changed since.
 */
#include "object_paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#define IMAGES_MAX 100000

static const char *const folders[] = {"sha256", "sigs", "seq", "uploads"};

int object_store_open(const char *dir, struct object_store **ret, struct err *err)
{
	AUTO(object_store) struct object_store *s = xcalloc(1, sizeof(*s));

	s->dir = xstrdup(dir);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		autofree char *path = xasprintf("%s/%s", dir, folders[i]);

		TRY(file_make_dirs(path, 0755, err));
	}
	*ret = take_ptr(s);
	return 0;
}

void object_store_free(struct object_store *s)
{
	if (!s)
		return;
	object_known_free(s->known);
	free(s->dir);
	free(s);
}

uint64_t object_highest_seq(const struct object_store *s, const char *line, enum image_arch arch)
{
	autofree char *path = object_seq_path(s, line, arch);
	char text[32];
	uint64_t seq = 0;

	file_read_line(path, text, sizeof(text));
	return parse_u64(text, &seq) ? seq : 0;
}

int object_lock(const struct object_store *s, struct err *err)
{
	autofree char *path = xasprintf("%s/lock", s->dir);
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	while (flock(fd, LOCK_EX))
		if (errno != EINTR)
			return err_sys(err, ERR_IO, "cannot lock '%s'", path);
	return take_fd(&fd);
}

int object_image_digests(const struct object_store *s, uint8_t (**ret)[SHA256_BYTES], size_t *ret_n,
			 struct err *err)
{
	autofree char *path = xasprintf("%s/sigs", s->dir);
	DIR *dir = opendir(path);
	struct dirent *d;
	uint8_t(*list)[SHA256_BYTES] = NULL;
	size_t n = 0;

	if (!dir)
		return err_sys(err, ERR_IO, "cannot read folder '%s'", path);
	while ((d = readdir(dir)) && n < IMAGES_MAX) {
		uint8_t digest[SHA256_BYTES];

		if (strlen(d->d_name) != 2 * (size_t)SHA256_BYTES ||
		    !hex_decode(d->d_name, digest, sizeof(digest)))
			continue;
		list = xrealloc(list, (n + 1) * sizeof(*list));
		memcpy(list[n++], digest, sizeof(digest));
	}
	(void)closedir(dir);
	*ret = list;
	*ret_n = n;
	return 0;
}

int object_store_get(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
		     struct manifest **ret, struct err *err)
{
	autofree char *path = object_path(s, digest), *sigs = object_sigs_path(s, digest);
	autofree char *text = NULL;
	AUTO(manifest) struct manifest *m = NULL;
	size_t n_bytes;

	if (access(sigs, F_OK))
		return err_set(err, ERR_NOT_FOUND, "there is no such image in the store");
	if (file_read(path, MANIFEST_MAX_BYTES, &text, &n_bytes, err) < 0 ||
	    manifest_parse(text, n_bytes, &m, err) < 0 ||
	    !digest_eq(m->digest, digest, SHA256_BYTES))
		return err_set(err, ERR_IMAGE_DAMAGED,
			       "the manifest of image '%.12s' is missing or damaged",
			       strrchr(path, '/') + 1);
	*ret = take_ptr(m);
	return 0;
}

/* ---- many ------------------------------------------------------------------------------------ */

struct image_list {
	VEC(const struct manifest *) images; /* of object_known.c */
	size_t n_unreadable;
};

static void free_list(struct image_list *l)
{
	VEC_DONE(&l->images);
}

static int compare_images(const void *a, const void *b)
{
	const struct manifest *x = *(struct manifest *const *)a, *y = *(struct manifest *const *)b;
	int order = strcmp(x->line, y->line);

	if (!order)
		order = (int)x->arch - (int)y->arch;
	if (!order)
		order = x->seq < y->seq ? -1 : x->seq > y->seq;
	return order ? order : memcmp(x->digest, y->digest, SHA256_BYTES);
}

/* Images that cannot be read are left out and counted: fsck names them. */
static int load_list(struct object_store *s, struct image_list *ret, struct err *err)
{
	uint8_t(*digests)[SHA256_BYTES];
	size_t n;

	*ret = (struct image_list){0};
	TRY(object_image_digests(s, &digests, &n, err));
	for (size_t i = 0; i < n; i++) {
		const struct manifest *m = object_known_get(s, digests[i], object_store_get);

		if (m)
			VEC_PUSH(&ret->images, m);
		else
			ret->n_unreadable++;
	}
	free(digests);
	object_known_sweep(s);
	if (ret->images.n)
		qsort(ret->images.items, ret->images.n, sizeof(ret->images.items[0]),
		      compare_images);
	return 0;
}

int object_store_list(struct object_store *s, bool (*each)(void *arg, const struct manifest *m),
		      void *arg, struct err *err)
{
	struct image_list list;

	TRY(load_list(s, &list, err));
	for (size_t i = 0; i < list.images.n; i++)
		if (!each(arg, list.images.items[i]))
			break;
	free_list(&list);
	return 0;
}

struct wish {
	char line[MANIFEST_NAME_BYTES];
	const char *version; /* NULL: the latest */
	const char *arch;    /* NULL or "": any */
};

static int parse_wish(const char *name, const char *arch, struct wish *ret, struct err *err)
{
	const char *at = strchr(name, '@');
	size_t n = at ? (size_t)(at - name) : strlen(name);

	if (!n || n >= sizeof(ret->line))
		return err_set(err, ERR_INVALID, "'%s' is neither LINE@VERSION nor a digest", name);
	memcpy(ret->line, name, n);
	ret->line[n] = '\0';
	ret->version = at && !str_eq(at + 1, MANIFEST_LATEST) ? at + 1 : NULL;
	ret->arch = arch && arch[0] ? arch : NULL;
	return 0;
}

bool object_name_is_digest(const char *name, uint8_t ret_digest[static SHA256_BYTES])
{
	return strlen(name) == 2 * (size_t)SHA256_BYTES &&
	       hex_decode(name, ret_digest, SHA256_BYTES);
}

bool object_name_is_latest(const char *name, char ret_line[static MANIFEST_NAME_BYTES])
{
	uint8_t digest[SHA256_BYTES];
	struct wish wish;

	if (object_name_is_digest(name, digest) || parse_wish(name, NULL, &wish, NULL) < 0 ||
	    wish.version)
		return false;
	(void)str_copy(ret_line, MANIFEST_NAME_BYTES, wish.line);
	return true;
}

static bool fits(const struct wish *w, const struct manifest *m)
{
	return str_eq(w->line, m->line) && (!w->version || str_eq(w->version, m->version)) &&
	       (!w->arch || str_eq(w->arch, image_arch_str(m->arch)));
}

static int none_fits(const struct image_list *list, const struct wish *w, const char *name,
		     struct err *err)
{
	const char *of = w->arch ? " for " : "", *arch = w->arch ? w->arch : "";

	if (!list->n_unreadable)
		return err_set(err, ERR_NOT_FOUND, "image '%s'%s%s is not in the store", name, of,
			       arch);
	return err_set(err, ERR_NOT_FOUND,
		       "image '%s'%s%s is not in the store, where %zu cannot be read: see slipway "
		       "image fsck",
		       name, of, arch, list->n_unreadable);
}

/* The newest image of a line may be one that cannot be read: then what was found is not it.
 * best: what was found, or NULL. */
static int check_newest(const struct object_store *s, const struct image_list *list,
			const struct wish *w, const struct manifest *best, struct err *err)
{
	for (int i = 0; i < _IMAGE_ARCH_MAX && list->n_unreadable; i++) {
		enum image_arch arch = (enum image_arch)i;
		uint64_t highest = object_highest_seq(s, w->line, arch);

		if ((w->arch && !str_eq(w->arch, image_arch_str(arch))) ||
		    (best && best->arch != arch) || highest <= (best ? best->seq : 0))
			continue;
		return err_set(err, ERR_IMAGE_DAMAGED,
			       "line '%s' for %s is at sequence %" PRIu64
			       ", and %zu images of the store cannot be read: see slipway image "
			       "fsck",
			       w->line, image_arch_str(arch), highest, list->n_unreadable);
	}
	return 0;
}

/* The list is in order of sequence, so a later one of the same line and arch is newer. */
static int choose(const struct image_list *list, const struct wish *w, const char *name,
		  size_t *ret, struct err *err)
{
	bool found = false;

	for (size_t i = 0; i < list->images.n; i++) {
		const struct manifest *m = list->images.items[i];

		if (!fits(w, m))
			continue;
		if (found && (w->version || list->images.items[*ret]->arch != m->arch))
			return err_set(err, ERR_IMAGE_AMBIGUOUS, "'%s' is more than one image",
				       name);
		found = true;
		*ret = i;
	}
	return found ? 0 : none_fits(list, w, name, err);
}

int object_store_find(struct object_store *s, const char *name, const char *arch,
		      struct manifest **ret, struct err *err)
{
	uint8_t digest[SHA256_BYTES];
	struct image_list list;
	struct wish wish;
	size_t i = 0;
	int status;

	if (object_name_is_digest(name, digest))
		return object_store_get(s, digest, ret, err);
	TRY(parse_wish(name, arch, &wish, err));
	TRY(load_list(s, &list, err));
	status = choose(&list, &wish, name, &i, err);
	if (!wish.version && (!status || status == -ERR_NOT_FOUND)) {
		const struct manifest *best = status ? NULL : list.images.items[i];
		int newest = check_newest(s, &list, &wish, best, err);

		status = newest ? newest : status;
	}
	if (!status)
		status = object_store_get(s, list.images.items[i]->digest, ret, err);
	free_list(&list);
	return status;
}

int object_store_remove(struct object_store *s, const uint8_t digest[static SHA256_BYTES],
			struct err *err)
{
	autofree char *path = object_sigs_path(s, digest);

	if (unlink(path))
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
			       "cannot remove the image");
	return 0;
}
