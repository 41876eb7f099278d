/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests that were read already. A list of a thousand images is a thousand files to read, to
 * parse and to hash, and the daemon's event loop asks for it; so a manifest is kept for as long as
 * its file is the same one, unchanged. Whoever acts on an image reads its file again.
 */
#include "object_paths.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <base/str.h>
#include <base/vec.h>

struct known {
	uint8_t digest[SHA256_BYTES];
	struct stat file;
	struct manifest *manifest;
	bool asked; /* since the last object_known_sweep() */
};

struct object_known {
	VEC(struct known) list; /* in order of the digests */
};

static void forget(struct object_known *k, size_t i)
{
	manifest_free(k->list.items[i].manifest);
	memmove(&k->list.items[i], &k->list.items[i + 1],
		(k->list.n - i - 1) * sizeof(k->list.items[0]));
	k->list.n--;
}

void object_known_free(struct object_known *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->list.n; i++)
		manifest_free(k->list.items[i].manifest);
	VEC_DONE(&k->list);
	free(k);
}

/* Where it stands, or would stand. */
static bool find(const struct object_known *k, const uint8_t *digest, size_t *ret)
{
	size_t low = 0, high = k->list.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(k->list.items[middle].digest, digest, SHA256_BYTES);

		if (order == 0) {
			*ret = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return false;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void insert(struct object_known *k, size_t at, const struct known *one)
{
	VEC_PUSH(&k->list, *one);
	memmove(&k->list.items[at + 1], &k->list.items[at],
		(k->list.n - 1 - at) * sizeof(k->list.items[0]));
	k->list.items[at] = *one;
}

const struct manifest *object_known_get(struct object_store *s, const uint8_t *digest,
					object_known_read read)
{
	autofree char *path = object_path(s, digest);
	struct known one = {.asked = true};
	size_t at = 0;

	if (!s->known)
		s->known = xcalloc(1, sizeof(*s->known));
	bool found = find(s->known, digest, &at);
	int rc = stat(path, &one.file); /* before it is read: a change while it is read shows */
	if (found && rc == 0 && is_same_file(&one.file, &s->known->list.items[at].file)) {
		s->known->list.items[at].asked = true;
		return s->known->list.items[at].manifest;
	}
	if (found)
		forget(s->known, at);
	if (rc != 0 || read(s, digest, &one.manifest, NULL) < 0)
		return NULL;
	memcpy(one.digest, digest, SHA256_BYTES);
	insert(s->known, at, &one);
	return one.manifest;
}

void object_known_sweep(struct object_store *s)
{
	for (size_t i = s->known ? s->known->list.n : 0; i-- > 0;) {
		if (!s->known->list.items[i].asked)
			forget(s->known, i);
		else
			s->known->list.items[i].asked = false;
	}
}
