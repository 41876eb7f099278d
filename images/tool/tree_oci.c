/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCI image layouts (image-spec 1.1): index.json, a manifest, layer tars with whiteouts. Every blob
 * is compared with its digest before it is used. What a whiteout hides is tree_plan.h's business.
 */
#include "tree_oci.h"

#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define WHITEOUT     ".wh."
#define OPAQUE       ".wh..wh..opq"
#define DOCUMENT_MAX (4 * MIB)
#define INDEX_LEVELS 3
#define OS           "linux"
#define HASH_BYTES   (256 * 1024)

static int hash_file(const char *path, const char *digest_hex, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *p = xmalloc(HASH_BYTES);
	char real[SHA256_HEX_BYTES];
	uint8_t digest[SHA256_BYTES];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, ERR_IMAGE_INPUT, "the image lacks blob '%s'", digest_hex);
	while ((n = read(fd, p, HASH_BYTES)) > 0)
		sha256_update(h, p, (size_t)n);
	if (n < 0)
		return err_sys(err, ERR_IO, "cannot read blob '%s'", digest_hex);
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), real);
	return str_eq(real, digest_hex)
		       ? 0
		       : err_set(err, ERR_IMAGE_INPUT, "blob '%s' has another digest: '%s'",
				 digest_hex, real);
}

static int check_size(const char *path, const json_t *descriptor, struct err *err)
{
	const json_t *size = json_object_get(descriptor, "size");
	struct stat st;

	if (size && !json_is_integer(size))
		return err_set(err, ERR_IMAGE_INPUT,
			       "the size of blob '%s' in its descriptor is not a whole number",
			       strrchr(path, '/') + 1);
	if (!size || stat(path, &st) || (json_int_t)st.st_size == json_integer_value(size))
		return 0; /* a file that is missing is reported when it is opened */
	return err_set(err, ERR_IMAGE_INPUT,
		       "blob '%s' has %lld bytes, its descriptor says %" JSON_INTEGER_FORMAT,
		       strrchr(path, '/') + 1, (long long)st.st_size, json_integer_value(size));
}

/* Path of the blob that a descriptor names, checked. The caller frees. */
static int blob_path(const char *layout, const json_t *descriptor, char **ret, struct err *err)
{
	const char *digest = json_string_value(json_object_get(descriptor, "digest"));
	autofree char *path = NULL;

	if (!digest || !str_starts(digest, "sha256:") ||
	    strlen(digest) != strlen("sha256:") + 2 * (size_t)SHA256_BYTES ||
	    strspn(digest + 7, "0123456789abcdef") != 2 * (size_t)SHA256_BYTES)
		return err_set(err, ERR_IMAGE_INPUT,
			       "an OCI descriptor has no SHA-256 digest: '%s'",
			       digest ? digest : "");
	path = xasprintf("%s/blobs/sha256/%s", layout, digest + 7);
	TRY(check_size(path, descriptor, err));
	TRY(hash_file(path, digest + 7, err));
	*ret = take_ptr(path);
	return 0;
}

int oci_document(const char *folder, const char *name, json_t **ret, struct err *err)
{
	autofree char *path = xasprintf("%s/%s", folder, name), *text = NULL;
	struct stat st;
	size_t n;
	int status;

	if (stat(path, &st))
		return err_set(err, ERR_IMAGE_INPUT, "the image lacks its '%s'", name);
	TRY(file_read(path, DOCUMENT_MAX, &text, &n, err));
	status = json_load_strict(text, n, DOCUMENT_MAX, ret, err);
	return status < 0 ? err_set(err, ERR_IMAGE_INPUT, "'%s' of the image: %s", name,
				    err ? err->msg : "")
			  : 0;
}

static int load_blob(const char *layout, const json_t *descriptor, json_t **ret, struct err *err)
{
	autofree char *path = NULL;

	TRY(blob_path(layout, descriptor, &path, err));
	return oci_document(layout, path + strlen(layout) + 1, ret, err);
}

/* ---- one image of several -------------------------------------------------------------------- */

/* NEWER: for some processors of the architecture only. */
enum fits { FITS_NOT, FITS_PERHAPS, FITS_NEWER, FITS_WELL };

/* Every processor of an architecture runs images without a variant, or with its first one. */
static bool is_for_all(const char *arch, const char *variant)
{
	return !variant || !variant[0] || (str_eq(arch, "amd64") && str_eq(variant, "v1")) ||
	       (str_eq(arch, "arm64") && str_eq(variant, "v8"));
}

/* What a platform says of an image; without one, its configuration says it later. */
static enum fits fits(const json_t *descriptor, const char *arch)
{
	const json_t *platform = json_object_get(descriptor, "platform");
	const char *has = json_string_value(json_object_get(platform, "architecture"));
	const char *os = json_string_value(json_object_get(platform, "os"));
	const char *variant = json_string_value(json_object_get(platform, "variant"));

	if ((has && !str_eq(has, arch)) || (os && !str_eq(os, OS)))
		return FITS_NOT;
	if (!has)
		return FITS_PERHAPS;
	return is_for_all(arch, variant) ? FITS_WELL : FITS_NEWER;
}

/* One image may have several names. out: *ret_n: how many images fit; the first of them is returned. */
static const json_t *first_of(const json_t *list, const char *arch, enum fits wanted, size_t *ret_n)
{
	const json_t *first = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *d = json_array_get(list, i);

		if (fits(d, arch) != wanted)
			continue;
		if (first &&
		    json_equal(json_object_get(first, "digest"), json_object_get(d, "digest")))
			continue;
		first = first ? first : d;
		++*ret_n;
	}
	return first;
}

/* The image of the architecture in an index. */
static int choose(const json_t *index, const char *arch, const json_t **ret, struct err *err)
{
	const json_t *list = json_object_get(index, "manifests");
	size_t n = 0;

	*ret = NULL;
	for (int wanted = FITS_WELL; !*ret && wanted > FITS_NOT; wanted--)
		*ret = first_of(list, arch, (enum fits)wanted, &n);
	if (n > 1)
		return err_set(err, ERR_IMAGE_INPUT,
			       "the OCI layout holds %zu images that may be for architecture '%s'; "
			       "save the one that you need",
			       n, arch);
	return *ret ? 0
		    : err_set(err, ERR_IMAGE_INPUT,
			      "OCI layout has no image for architecture '%s' and " OS, arch);
}

static int find_image(const char *layout, const char *arch, json_t **ret, struct err *err)
{
	json_t *doc;

	TRY(oci_document(layout, "index.json", &doc, err));
	if (!json_is_array(json_object_get(doc, "manifests"))) {
		json_decref(doc);
		return err_set(err, ERR_IMAGE_INPUT, "index.json names no manifests");
	}
	/* an index may hold an index; two levels are what tools write */
	for (int level = 0; json_object_get(doc, "manifests"); level++) {
		const json_t *d = NULL;
		json_t *next = NULL;
		int status = choose(doc, arch, &d, err);

		if (!status)
			status =
				level == INDEX_LEVELS
					? err_set(err, ERR_IMAGE_INPUT,
						  "OCI layout has more than %d indexes in each other",
						  INDEX_LEVELS)
					: load_blob(layout, d, &next, err);
		json_decref(doc);
		if (status < 0)
			return status;
		doc = next;
	}
	*ret = doc;
	return 0;
}

int oci_config_check(const json_t *config, const char *arch, struct err *err)
{
	const char *has = json_string_value(json_object_get(config, "architecture"));
	const char *os = json_string_value(json_object_get(config, "os"));

	if (has && !str_eq(has, arch))
		return err_set(err, ERR_IMAGE_INPUT,
			       "the image is for architecture '%s', asked for was '%s'", has, arch);
	if (os && !str_eq(os, OS))
		return err_set(
			err, ERR_IMAGE_INPUT,
			"the image is for the operating system '%s'; only " OS " can be built", os);
	return 0;
}

static bool is_image_config(const char *type)
{
	return !type || str_eq(type, "application/vnd.oci.image.config.v1+json") ||
	       str_eq(type, "application/vnd.docker.container.image.v1+json");
}

/* The configuration names the same layers by the digests of their plain tars. */
static int check_count(const json_t *image, const json_t *config, struct err *err)
{
	const json_t *ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	size_t n = json_array_size(json_object_get(image, "layers"));

	if (!json_is_array(ids) || json_array_size(ids) == n)
		return 0;
	return err_set(err, ERR_IMAGE_INPUT,
		       "the configuration of the OCI image is of another image: it has digests of "
		       "%zu layers, the manifest names %zu",
		       json_array_size(ids), n);
}

/* An index of one image need not say for what it is; the image's configuration does. */
static int check_config(const char *layout, const json_t *image, const char *arch, struct err *err)
{
	const json_t *descriptor = json_object_get(image, "config");
	const char *type = json_string_value(json_object_get(descriptor, "mediaType"));
	autojson json_t *config = NULL;

	if (!descriptor)
		return 0;
	if (!is_image_config(type))
		return err_set(err, ERR_IMAGE_INPUT,
			       "what the OCI layout holds is not the image of a system: its "
			       "configuration is of type '%.128s'",
			       type);
	TRY(load_blob(layout, descriptor, &config, err));
	TRY(oci_config_check(config, arch, err));
	return check_count(image, config, err);
}

/* A tar of something else, as a chart for Kubernetes, is not a layer. */
static bool is_layer_type(const char *type)
{
	static const char *const kinds[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_starts(type, kinds[i]))
			return true;
	return false;
}

static int take_layer(const char *layout, const json_t *layer, struct oci_layers *ret,
		      struct err *err)
{
	const char *type = json_string_value(json_object_get(layer, "mediaType"));

	if (type && strstr(type, "encrypted"))
		return err_set(
			err, ERR_IMAGE_INPUT,
			"layer %zu of the OCI image is encrypted; copy the image with its key "
			"first (skopeo copy --decryption-key)",
			ret->n + 1);
	if (type && !is_layer_type(type))
		return err_set(err, ERR_IMAGE_INPUT,
			       "layer %zu of the OCI image is not a tar of files: its type is "
			       "'%.128s'",
			       ret->n + 1, type);
	TRY(blob_path(layout, layer, &ret->paths[ret->n], err));
	ret->n++;
	return 0;
}

int oci_layers_find(const char *layout, const char *arch, struct oci_layers *ret, struct err *err)
{
	autojson json_t *image = NULL;
	const json_t *layers;

	TRY(find_image(layout, arch, &image, err));
	TRY(check_config(layout, image, arch, err));
	layers = json_object_get(image, "layers");
	if (!json_array_size(layers) || json_array_size(layers) > OCI_LAYERS_MAX)
		return err_set(err, ERR_IMAGE_INPUT,
			       "the manifest of the OCI image names %zu layers, not 1 to %d",
			       json_array_size(layers), OCI_LAYERS_MAX);
	for (size_t i = 0; i < json_array_size(layers); i++)
		TRY(take_layer(layout, json_array_get(layers, i), ret, err));
	return 0;
}

void oci_layers_done(struct oci_layers *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->paths[i]);
	l->n = 0;
}

int oci_layers_walk(const struct oci_layers *l, tree_visit visit, void *arg, struct err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i && l->next_layer)
			l->next_layer(arg);
		TRY(source_walk_tar(l->paths[i], visit, arg, err));
	}
	return 0;
}

/* aufs has folders of its own; a whiteout itself is an empty file. */
static int check_folders(const char *path, const char *name, enum whiteout *ret, struct err *err)
{
	for (const char *p = path; p < name; p = strchr(p, '/') + 1) {
		if (str_starts(p, WHITEOUT WHITEOUT))
			*ret = WHITEOUT_OTHER;
		else if (str_starts(p, WHITEOUT))
			return err_set(err, ERR_IMAGE_MEMBER,
				       "entry '%s' lies in a whiteout, which holds nothing", path);
	}
	return 0;
}

/* ".wh.name" hides "name"; docker and aufs keep files of their own under ".wh..wh.". */
int oci_whiteout(const char *path, enum whiteout *ret, char **ret_path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *hidden = name + strlen(WHITEOUT);
	size_t n_folder = (size_t)(name - path);

	*ret = WHITEOUT_NONE;
	TRY(check_folders(path, name, ret, err));
	if (*ret == WHITEOUT_OTHER || !str_starts(name, WHITEOUT))
		return 0;
	*ret = str_eq(name, OPAQUE)           ? WHITEOUT_INSIDE
	       : str_starts(hidden, WHITEOUT) ? WHITEOUT_OTHER
					      : WHITEOUT_NAME;
	if (*ret == WHITEOUT_NAME && (!hidden[0] || str_eq(hidden, ".") || str_eq(hidden, "..")))
		return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' hides no name of its folder",
			       path);
	*ret_path = *ret == WHITEOUT_NAME ? xasprintf("%.*s%s", (int)n_folder, path, hidden)
					  : xstrndup(path, n_folder);
	return 0;
}
