/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the files of an object store lie; see object_paths.h.
 */
#include "object_paths.h"

#include <base/digest.h>
#include <base/str.h>

char *object_path(const struct object_store *s, const uint8_t *digest)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	return xasprintf("%s/sha256/%.2s/%s", s->dir, hex, hex);
}

char *object_sigs_path(const struct object_store *s, const uint8_t *digest)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	return xasprintf("%s/sigs/%s", s->dir, hex);
}

char *object_seq_path(const struct object_store *s, const char *line, enum image_arch arch)
{
	return xasprintf("%s/seq/%s.%s", s->dir, line, image_arch_str(arch));
}
