/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `docker save` wrote, unpacked: manifest.json names a configuration and layers, the
 * configuration names the architecture and the digest of each layer's plain tar.
 */
#include "container_tar.h"
#include "tree_path.h"
#include "source_file.h"

#include <string.h>
#include <unistd.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define READ_BYTES (256 * 1024)

/* A path below the folder, as a document names it; NULL if it leaves the folder. The caller frees. */
static char *name_of(const json_t *name)
{
	const char *text = json_string_value(name);
	autofree char *clean = text ? tree_clean_path(text) : NULL;

	return clean && clean[0] ? take_ptr(clean) : NULL;
}

static int plain_digest(const char *path, char ret[static SHA256_HEX_BYTES], struct err *err)
{
	AUTO(source_file) struct source_file *f = NULL;
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *p = xmalloc(READ_BYTES);
	uint8_t digest[SHA256_BYTES];
	la_ssize_t n;

	TRY(source_file_bytes(path, &f, err));
	while ((n = archive_read_data(source_file_archive(f), p, READ_BYTES)) > 0) {
		TRY(source_file_check_growth(f, source_file_plain_bytes(f), err));
		sha256_update(h, p, (size_t)n);
	}
	if (n < 0)
		return err_set(err, ERR_IMAGE_INPUT, "cannot read layer '%s': %s", path,
			       source_file_fault(f));
	TRY(source_file_end(f, err));
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret);
	return 0;
}

static int take_layer(const char *folder, const json_t *name, const json_t *diff_id,
		      struct oci_layers *ret, struct err *err)
{
	autofree char *clean = name_of(name), *path = NULL;
	const char *wanted = json_string_value(diff_id);
	char digest[SHA256_HEX_BYTES];

	if (!clean || !wanted || !str_starts(wanted, "sha256:"))
		return err_set(err, ERR_IMAGE_INPUT, "a layer has no name or no digest");
	path = xasprintf("%s/%s", folder, clean);
	if (access(path, R_OK))
		return err_set(err, ERR_IMAGE_INPUT, "the image lacks layer '%s'", clean);
	if (plain_digest(path, digest, err) < 0)
		return err_set(err, ERR_IMAGE_INPUT, "layer '%s': %s", clean, err ? err->msg : "");
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
	autofree char *config_name = NULL;
	autojson json_t *doc = NULL, *config = NULL;
	const json_t *layers, *ids;

	TRY(oci_document(folder, "manifest.json", &doc, err));
	if (json_array_size(doc) != 1)
		return err_set(err, ERR_IMAGE_INPUT,
			       "the tar holds %zu images; save the one that you need",
			       json_array_size(doc));
	layers = json_object_get(json_array_get(doc, 0), "Layers");
	config_name = name_of(json_object_get(json_array_get(doc, 0), "Config"));
	if (!config_name)
		return err_set(err, ERR_IMAGE_INPUT, "manifest.json names no configuration");
	TRY(oci_document(folder, config_name, &config, err));
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
