/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCI image layouts: the layers of one image, the lowest first, and the names by which a layer
 * hides what lies below it.
 */
#ifndef IMAGES_TOOL_TREE_OCI_H
#define IMAGES_TOOL_TREE_OCI_H

#include <base/json.h>

#include "tree_source.h"

#define OCI_LAYERS_MAX 128

struct oci_layers {
	char *paths[OCI_LAYERS_MAX]; /* of blobs */
	size_t n;
	void (*next_layer)(void *arg); /* called between two layers; NULL: nobody cares */
};
/* owns: oci_layers_done(), also after an error. errors: ERR_IMAGE_INPUT. trust: none */
MUST_CHECK int oci_layers_find(const char *layout, const char *arch, struct oci_layers *ret,
			       struct err *err);
/* A JSON document of an unpacked image; messages name it without the folder. in: name: below the
 * folder. owns: *ret is the caller's. errors: ERR_IMAGE_INPUT, ERR_IO. trust: none */
MUST_CHECK int oci_document(const char *folder, const char *name, json_t **ret, struct err *err);
/* Compare a configuration's architecture and operating system, where it has them. errors:
 * ERR_IMAGE_INPUT. trust: none */
MUST_CHECK int oci_config_check(const json_t *config, const char *arch, struct err *err);
void oci_layers_done(struct oci_layers *l);
MUST_CHECK int oci_layers_walk(const struct oci_layers *l, tree_visit visit, void *arg,
			       struct err *err);

enum whiteout {
	WHITEOUT_NONE,
	WHITEOUT_NAME,   /* one name, with all below it */
	WHITEOUT_INSIDE, /* what is in a folder */
	WHITEOUT_OTHER   /* files of a tool, no part of the tree */
};
/* What an entry of a layer hides. out: *ret_path (NULL for NONE, perhaps for OTHER), which the caller
 * frees. errors: ERR_IMAGE_MEMBER. trust: none */
MUST_CHECK int oci_whiteout(const char *path, enum whiteout *ret, char **ret_path, struct err *err);

#endif
