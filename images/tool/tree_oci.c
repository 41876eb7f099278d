/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCI image layouts (image-spec 1.1): index.json, a manifest, layer tars with whiteouts. Every blob
 * is compared with its digest before it is used. A first pass over the layers finds which layer
 * each path is taken from; the second gives the entries out, the lowest layer first.
 */
#include "tree_oci.h"

#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <unistd.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define LAYERS_MAX   128
#define WHITEOUT     ".wh."
#define OPAQUE       ".wh..wh..opq"
#define DOCUMENT_MAX (4 * MIB)
#define HASH_BYTES   (256 * 1024)

struct oci {
	const char *layout;
	char *layers[LAYERS_MAX]; /* paths of blobs, lowest first */
	size_t n_layers;
	json_t *owner; /* path to index of the layer that it is taken from, -1 when removed */
	size_t layer;
	tree_visit visit;
	void *arg;
};

static int hash_file(const char *path, char ret[static SHA256_HEX_BYTES], struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *p = xmalloc(HASH_BYTES);
	uint8_t digest[SHA256_BYTES];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, ERR_IMAGE_INPUT, "cannot open blob '%s'", path);
	while ((n = read(fd, p, HASH_BYTES)) > 0)
		sha256_update(h, p, (size_t)n);
	if (n < 0)
		return err_sys(err, ERR_IO, "cannot read blob '%s'", path);
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret);
	return 0;
}

/* Path of the blob that a descriptor names, checked. The caller frees. */
static int blob_path(const char *layout, const json_t *descriptor, char **ret, struct err *err)
{
	const char *digest = json_string_value(json_object_get(descriptor, "digest"));
	char real[SHA256_HEX_BYTES];
	autofree char *path = NULL;

	if (!digest || !str_starts(digest, "sha256:") ||
	    strlen(digest) != strlen("sha256:") + 2 * (size_t)SHA256_BYTES ||
	    strspn(digest + 7, "0123456789abcdef") != 2 * (size_t)SHA256_BYTES)
		return err_set(err, ERR_IMAGE_INPUT, "OCI descriptor has no SHA-256 digest");
	path = xasprintf("%s/blobs/sha256/%s", layout, digest + 7);
	TRY(hash_file(path, real, err));
	if (!str_eq(real, digest + 7))
		return err_set(err, ERR_IMAGE_INPUT, "blob '%s' is not what its name says", path);
	*ret = take_ptr(path);
	return 0;
}

static int load_blob(const char *layout, const json_t *descriptor, json_t **ret, struct err *err)
{
	autofree char *path = NULL;

	TRY(blob_path(layout, descriptor, &path, err));
	return json_load_file_strict(path, DOCUMENT_MAX, ret, err);
}

/* The image of the architecture in an index; an index with one image needs no platform. */
static const json_t *choose(const json_t *index, const char *arch)
{
	const json_t *list = json_object_get(index, "manifests");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *d = json_array_get(list, i);
		const char *has = json_string_value(
			json_object_get(json_object_get(d, "platform"), "architecture"));

		if (has && str_eq(has, arch))
			return d;
	}
	return json_array_size(list) == 1 ? json_array_get(list, 0) : NULL;
}

static int find_image(const char *layout, const char *arch, json_t **ret, struct err *err)
{
	autofree char *path = xasprintf("%s/index.json", layout);
	json_t *doc;

	TRY(json_load_file_strict(path, DOCUMENT_MAX, &doc, err));
	/* An index may hold an index; two levels are what tools write. */
	for (int level = 0; level < 3 && json_object_get(doc, "manifests"); level++) {
		const json_t *d = choose(doc, arch);
		json_t *next = NULL;
		int status = d ? load_blob(layout, d, &next, err)
			       : err_set(err, ERR_IMAGE_INPUT,
					 "OCI layout has no image for architecture '%s'", arch);

		json_decref(doc);
		if (status < 0)
			return status;
		doc = next;
	}
	*ret = doc;
	return 0;
}

static int find_layers(struct oci *o, const char *arch, struct err *err)
{
	autojson json_t *image = NULL;
	const json_t *layers;

	TRY(find_image(o->layout, arch, &image, err));
	layers = json_object_get(image, "layers");
	if (!json_array_size(layers) || json_array_size(layers) > LAYERS_MAX)
		return err_set(err, ERR_IMAGE_INPUT, "OCI image has %zu layers",
			       json_array_size(layers));
	for (size_t i = 0; i < json_array_size(layers); i++) {
		TRY(blob_path(o->layout, json_array_get(layers, i), &o->layers[i], err));
		o->n_layers = i + 1;
	}
	return 0;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return !n || (!strncmp(path, folder, n) && path[n] == '/');
}

static void remove_below(struct oci *o, const char *folder)
{
	const char *path;
	json_t *value;

	json_object_foreach (o->owner, path, value)
		if (is_below(path, folder) && json_integer_value(value) < (json_int_t)o->layer)
			json_integer_set(value, -1);
}

static int note_entry(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		      struct err *err)
{
	struct oci *o = arg;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	autofree char *folder = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup("");

	(void)a, (void)err;
	if (str_eq(name, OPAQUE)) {
		remove_below(o, folder);
		return 0;
	}
	if (str_starts(name, WHITEOUT)) {
		autofree char *gone = folder[0] ? xasprintf("%s/%s", folder, name + 4)
						: xstrdup(name + 4);

		remove_below(o, gone);
		json_object_set_new(o->owner, gone, json_integer(-1));
		return 0;
	}
	if (archive_entry_filetype(entry) != AE_IFDIR)
		remove_below(o, path); /* a file where a folder was */
	json_object_set_new(o->owner, path, json_integer((json_int_t)o->layer));
	return 0;
}

static int give_entry(void *arg, const char *path, struct archive_entry *entry, struct archive *a,
		      struct err *err)
{
	struct oci *o = arg;
	const json_t *owner = json_object_get(o->owner, path);

	if (!owner || json_integer_value(owner) != (json_int_t)o->layer)
		return 0;
	return o->visit(o->arg, path, entry, a, err);
}

static int walk_layers(struct oci *o, tree_visit visit, struct err *err)
{
	for (o->layer = 0; o->layer < o->n_layers; o->layer++)
		TRY(tree_walk_tar(o->layers[o->layer], visit, o, err));
	return 0;
}

int tree_walk_oci(const char *layout, const char *arch, tree_visit visit, void *arg,
		  struct err *err)
{
	struct oci o = {.layout = layout, .visit = visit, .arg = arg};
	int status = find_layers(&o, arch, err);

	o.owner = json_object();
	if (!status)
		status = walk_layers(&o, note_entry, err);
	if (!status)
		status = walk_layers(&o, give_entry, err);
	for (size_t i = 0; i < o.n_layers; i++)
		free(o.layers[i]);
	json_decref(o.owner);
	return status;
}
