/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `docker save` wrote, unpacked: manifest.json names a configuration and layers, the
 * configuration names the architecture and the digest of each layer's plain tar.
 */
#include "container_tar.h"
#include "tree_path.h"
#include "source_filters.h"

#include <string.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define DOCUMENT_MAX (4 * MIB)
#define READ_BYTES   (256 * 1024)

/* A path that a document names; NULL if it leaves the folder. The caller frees. */
static char *path_in(const char *folder, const json_t *name)
{
	const char *text = json_string_value(name);
	autofree char *clean = text ? tree_clean_path(text) : NULL;

	return clean && clean[0] ? xasprintf("%s/%s", folder, clean) : NULL;
}

static int plain_digest(const char *path, char ret[static SHA256_HEX_BYTES], struct err *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *p = xmalloc(READ_BYTES);
	uint8_t digest[SHA256_BYTES];
	la_ssize_t n = -1;

	source_filters(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, READ_BYTES) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) == ARCHIVE_OK)
		while ((n = archive_read_data(a, p, READ_BYTES)) > 0)
			sha256_update(h, p, (size_t)n);
	archive_read_free(a);
	if (n < 0)
		return err_set(err, ERR_IMAGE_INPUT, "cannot read layer '%s'", path);
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret);
	return 0;
}

static int take_layer(const char *folder, const json_t *name, const json_t *diff_id,
		      struct oci_layers *ret, struct err *err)
{
	autofree char *path = path_in(folder, name);
	const char *wanted = json_string_value(diff_id);
	char digest[SHA256_HEX_BYTES];

	if (!path || !wanted || !str_starts(wanted, "sha256:"))
		return err_set(err, ERR_IMAGE_INPUT, "a layer has no name or no digest");
	TRY(plain_digest(path, digest, err));
	if (!str_eq(digest, wanted + strlen("sha256:")))
		return err_set(err, ERR_IMAGE_INPUT, "layer '%s' does not match its digest",
			       json_string_value(name));
	ret->paths[ret->n++] = take_ptr(path);
	return 0;
}

static int check_config(const json_t *config, const char *arch, struct err *err)
{
	if (!json_object_get(config, "architecture"))
		return err_set(err, ERR_IMAGE_INPUT,
			       "the saved image does not say for which architecture it is");
	return oci_config_check(config, arch, err);
}

int docker_layers_find(const char *folder, const char *arch, struct oci_layers *ret,
		       struct err *err)
{
	autofree char *path = xasprintf("%s/manifest.json", folder), *config_path = NULL;
	autojson json_t *doc = NULL, *config = NULL;
	const json_t *layers, *ids;

	TRY(json_load_file_strict(path, DOCUMENT_MAX, &doc, err));
	if (json_array_size(doc) != 1)
		return err_set(err, ERR_IMAGE_INPUT,
			       "the tar holds %zu images; save the one that is wanted",
			       json_array_size(doc));
	layers = json_object_get(json_array_get(doc, 0), "Layers");
	config_path = path_in(folder, json_object_get(json_array_get(doc, 0), "Config"));
	if (!config_path)
		return err_set(err, ERR_IMAGE_INPUT, "manifest.json names no configuration");
	TRY(json_load_file_strict(config_path, DOCUMENT_MAX, &config, err));
	TRY(check_config(config, arch, err));
	ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	if (!json_array_size(layers) || json_array_size(layers) > OCI_LAYERS_MAX ||
	    json_array_size(layers) != json_array_size(ids))
		return err_set(err, ERR_IMAGE_INPUT, "the saved image has %zu layers, %zu digests",
			       json_array_size(layers), json_array_size(ids));
	for (size_t i = 0; i < json_array_size(layers); i++)
		TRY(take_layer(folder, json_array_get(layers, i), json_array_get(ids, i), ret,
			       err));
	return 0;
}
