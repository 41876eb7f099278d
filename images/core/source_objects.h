/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a store as a source: manifest and tables whole, payloads by ranges over several
 * connections; see source.h. Any cache may stand between, because every chunk is checked.
 */
#ifndef IMAGES_CORE_SOURCE_OBJECTS_H
#define IMAGES_CORE_SOURCE_OBJECTS_H

#include <base/err.h>

#include "source.h"

struct source_objects;
MUST_CHECK int source_objects_open(const struct image_install_request *request,
				   const struct image_policy *policy, struct source_objects **ret,
				   struct err *err);
void source_objects_free(struct source_objects *s);
const struct manifest *source_objects_manifest(const struct source_objects *s);
const struct chunk_table *source_objects_table(const struct source_objects *s, size_t payload);
/* A filled job for the first chunk of the first payload. source_objects_run() goes on behind it. */
MUST_CHECK int source_objects_first_chunk(struct source_objects *s, struct pool *pool,
					  struct pool_job **ret, struct err *err);
MUST_CHECK int source_objects_run(struct source_objects *s, const struct source_sink *sink,
				  struct err *err);
uint64_t source_objects_fetched_bytes(const struct source_objects *s);

#endif
