/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an image comes from: an archive in a file or pipe, an archive behind a URL, or the objects
 * of a store behind a URL. All give the signed manifest first, then feed a pool with jobs, one a
 * chunk.
 */
#ifndef IMAGES_CORE_SOURCE_H
#define IMAGES_CORE_SOURCE_H

#include <images/install.h>
#include <base/err.h>

#include "pool.h"

struct source;

/* Open and read up to the signed manifest; policy is checked. errors: of verify.h, fetch.h, ERR_IO
 */
MUST_CHECK int source_open(const struct image_install_request *request,
			   const struct image_policy *policy, struct source **ret, struct err *err);
void source_free(struct source *s);
DEFINE_AUTO(source, struct source, source_free);

const struct manifest *source_manifest(const struct source *s);
/* The checked chunk table; only after source_run() came to the payload (table_ready was called). */
const struct chunk_table *source_table(const struct source *s, size_t payload);

struct source_sink {
	struct pool *pool;
	/* A payload's table is there; its chunks follow. Called from one thread. */
	int (*table_ready)(void *arg, size_t payload, struct err *err);
	void *arg;
};
/* Fetch the first chunk and judge it, before anything is done to the target: an image that was
 * changed at its start, or a server that sends rubbish, costs the disk nothing. Once, before
 * source_run(), with the same pool. check: false in benchmarks alone. blocks. errors: of
 * source_packed(), fetch.h */
MUST_CHECK int source_probe(struct source *s, struct pool *pool, bool check, struct err *err);
/* Submit every chunk of every payload, in any order, and read to the archive's end. blocks. Errors
 * of workers are the pool's: pool_drain() after this. */
MUST_CHECK int source_run(struct source *s, const struct source_sink *sink, struct err *err);

/* For a worker: the packed bytes of a job, read or received, checked against the table. */
MUST_CHECK int source_packed(const struct source *s, struct pool_job *job, bool check,
			     struct err *err);
uint64_t source_fetched_bytes(const struct source *s);

#endif
