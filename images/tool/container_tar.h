/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images that container tools keep in one tar: OCI archives (skopeo, buildah, podman) and what
 * `docker save` writes. They are unpacked into a folder, which then is read as a layout.
 */
#ifndef IMAGES_TOOL_CONTAINER_TAR_H
#define IMAGES_TOOL_CONTAINER_TAR_H

#include "tree_oci.h"

/* Is the tar of one of these kinds, by its first names? errors: ERR_IMAGE_INPUT. trust: none */
MUST_CHECK int container_tar_is(const char *path, bool *ret, struct err *err);

/* Unpack its regular files into a new folder below under. out: *ret_folder: the folder, which the
 * caller removes and frees. errors: ERR_IMAGE_INPUT (names that leave the folder, other kinds of
 * entries), ERR_IO. trust: none. blocks: for as long as copying takes */
MUST_CHECK int container_tar_unpack(const char *path, const char *under, char **ret_folder,
				    struct err *err);

/* The layers of an unpacked `docker save`, compared with the digests that its configuration names.
 * owns: as oci_layers_find(). errors: ERR_IMAGE_INPUT. trust: none */
MUST_CHECK int docker_layers_find(const char *folder, const char *arch, struct oci_layers *ret,
				  struct err *err);

#endif
