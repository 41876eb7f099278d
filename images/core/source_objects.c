/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects over HTTP; see source_objects.h. The server's answers are hostile: sizes are bounded
 * before anything is kept, digests decide. Connections work on runs of chunks, so that each request
 * is large enough to be fast and small enough for several connections to share one payload.
 */
#include "source_objects.h"

#include <inttypes.h>
#include <pthread.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "fetch.h"

#define CONNECTIONS_DEFAULT 2
#define RUN_BYTES           (8 * MIB) /* packed bytes of one request, about */

struct source_objects {
	const struct image_install_request *request;
	struct fetch *fetch; /* for the documents */
	struct manifest *manifest;
	uint8_t *records[MANIFEST_MAX_PAYLOADS];
	struct chunk_table tables[MANIFEST_MAX_PAYLOADS];
	uint64_t fetched_bytes;

	/* Shared by the connections. */
	pthread_mutex_t lock;
	const struct source_sink *sink;
	size_t payload, next_chunk;
};

static char *object_url(const struct source_objects *s, const uint8_t *digest)
{
	char hex[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, hex);
	return xasprintf("%s/sha256/%.2s/%s", s->request->objects_url, hex, hex);
}

static struct fetch *new_fetch(const struct source_objects *s)
{
	struct fetch_options o = {
		.pin = s->request->pin, .cancelled = s->request->cancelled, .arg = s->request->arg};

	return fetch_new(&o);
}

static int fetch_documents(struct source_objects *s, const struct image_policy *policy,
			   struct err *err)
{
	char hex[SHA256_HEX_BYTES];
	autofree char *manifest_url = object_url(s, policy->digest), *sigs_url = NULL;
	autofree char *manifest = NULL, *sigs_text = NULL;
	autofree struct signatures *sigs = xcalloc(1, sizeof(*sigs));
	size_t n_manifest, n_sigs;

	hex_encode(policy->digest, SHA256_BYTES, hex);
	sigs_url = xasprintf("%s/sigs/%s", s->request->objects_url, hex);
	TRY(fetch_all(s->fetch, manifest_url, MANIFEST_MAX_BYTES, &manifest, &n_manifest, err));
	TRY(fetch_all(s->fetch, sigs_url, SIGNATURES_MAX_BYTES, &sigs_text, &n_sigs, err));
	TRY(signatures_parse(sigs_text, n_sigs, sigs, err));
	TRY(trust_root_open_manifest(s->request->root, sigs, manifest, n_manifest, &s->manifest,
				     err));
	return image_policy_check(policy, s->request->root, s->manifest, err);
}

int source_objects_open(const struct image_install_request *request,
			const struct image_policy *policy, struct source_objects **ret,
			struct err *err)
{
	struct source_objects *s;

	if (!policy->digest)
		return err_set(err, ERR_INVALID, "an object store needs the image's digest");
	s = xcalloc(1, sizeof(*s));
	BUG_ON(pthread_mutex_init(&s->lock, NULL));
	s->request = request;
	s->fetch = new_fetch(s);
	if (fetch_documents(s, policy, err) < 0) {
		source_objects_free(s);
		return err ? -err->code : -ERR_HTTP;
	}
	*ret = s;
	return 0;
}

void source_objects_free(struct source_objects *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < MANIFEST_MAX_PAYLOADS; i++)
		free(s->records[i]);
	manifest_free(s->manifest);
	fetch_free(s->fetch);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const struct manifest *source_objects_manifest(const struct source_objects *s)
{
	return s->manifest;
}

const struct chunk_table *source_objects_table(const struct source_objects *s, size_t payload)
{
	return s->records[payload] ? &s->tables[payload] : NULL;
}

uint64_t source_objects_fetched_bytes(const struct source_objects *s)
{
	return s->fetched_bytes + fetch_total_bytes(s->fetch);
}

/* A run of consecutive chunks that one request fetches. */
struct run {
	size_t first, n;
	uint64_t offset, n_bytes;
};

static bool take_run(struct source_objects *s, struct run *ret)
{
	const struct chunk_table *t = &s->tables[s->payload];

	*ret = (struct run){0};
	pthread_mutex_lock(&s->lock);
	ret->first = s->next_chunk;
	while (s->next_chunk < t->n && ret->n_bytes < RUN_BYTES) {
		struct chunk c = chunk_table_at(t, s->next_chunk++);

		if (!ret->n++)
			ret->offset = c.packed_offset;
		ret->n_bytes += c.packed_bytes;
	}
	pthread_mutex_unlock(&s->lock);
	return ret->n > 0;
}

static int take_chunk(struct source_objects *s, struct fetch *f, struct pool *pool, size_t index,
		      struct pool_job **ret, struct err *err)
{
	struct pool_job *job = pool_take(pool);
	int n;

	if (!job)
		return -ERR_CANCELLED; /* the pool has the reason */
	job->task = POOL_CHUNK;
	job->payload = s->payload;
	job->index = index;
	job->chunk = chunk_table_at(&s->tables[s->payload], index);
	job->offset = job->chunk.packed_offset;
	n = fetch_read(f, job->packed, job->chunk.packed_bytes, err);
	if (n <= 0) {
		pool_return(pool, job);
		return n < 0 ? n
			     : err_set(err, ERR_IMAGE_TRUNCATED,
				       "object of payload '%s' ends in chunk %zu",
				       s->manifest->payloads[s->payload].name, index);
	}
	job->is_filled = true;
	*ret = job;
	return 0;
}

static int fetch_chunk(struct source_objects *s, struct fetch *f, size_t index, struct err *err)
{
	struct pool_job *job = NULL;

	TRY(take_chunk(s, f, s->sink->pool, index, &job, err));
	pool_submit(s->sink->pool, job);
	return 0;
}

static int fetch_runs(struct source_objects *s, struct fetch *f, const char *url, struct err *err)
{
	struct run run;

	while (take_run(s, &run)) {
		TRY(fetch_begin(f, url, run.offset, run.n_bytes, err));
		for (size_t i = 0; i < run.n; i++)
			TRY(fetch_chunk(s, f, run.first + i, err));
	}
	return 0;
}

static void *run_connection(void *arg)
{
	struct source_objects *s = arg;
	autofree char *url = object_url(s, s->manifest->payloads[s->payload].packed_sha256);
	AUTO(fetch) struct fetch *f = new_fetch(s);
	struct err err = ERR_INIT;

	if (fetch_runs(s, f, url, &err) < 0 && err.code)
		pool_fail(s->sink->pool, &err);
	pthread_mutex_lock(&s->lock);
	s->fetched_bytes += fetch_total_bytes(f);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int fetch_table(struct source_objects *s, size_t payload, struct err *err)
{
	const struct manifest_payload *p = &s->manifest->payloads[payload];
	autofree char *url = object_url(s, p->table_sha256);
	char *records;
	size_t n_bytes;

	TRY(fetch_all(s->fetch, url, p->table_bytes, &records, &n_bytes, err));
	s->records[payload] = (uint8_t *)records;
	if (chunk_table_check(p, records, n_bytes, &s->tables[payload], err) < 0)
		return err_wrap(err, "member '%s.chunks'", p->name);
	return 0;
}

int source_objects_first_chunk(struct source_objects *s, struct pool *pool, struct pool_job **ret,
			       struct err *err)
{
	autofree char *url = object_url(s, s->manifest->payloads[0].packed_sha256);
	struct chunk c;

	TRY(fetch_table(s, 0, err));
	c = chunk_table_at(&s->tables[0], 0);
	TRY(fetch_begin(s->fetch, url, c.packed_offset, c.packed_bytes, err));
	return take_chunk(s, s->fetch, pool, 0, ret, err);
}

static void run_connections(struct source_objects *s, unsigned n)
{
	pthread_t threads[IMAGE_CONNECTIONS_MAX];

	for (unsigned i = 0; i < n; i++)
		BUG_ON(pthread_create(&threads[i], NULL, run_connection, s));
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
}

static int run_payload(struct source_objects *s, size_t payload, struct err *err)
{
	unsigned n = s->request->n_connections ? s->request->n_connections : CONNECTIONS_DEFAULT;

	if (payload > 0) {
		TRY(fetch_table(s, payload, err));
		TRY(s->sink->table_ready(s->sink->arg, payload, err));
	}
	s->payload = payload;
	s->next_chunk = payload == 0; /* the first chunk of all is on its way already */
	if (n > IMAGE_CONNECTIONS_MAX)
		n = IMAGE_CONNECTIONS_MAX;
	if (s->manifest->payloads[payload].role == PAYLOAD_ROLE_ROOTFS)
		n = 1; /* a tar is unpacked in order: workers that wait must not hold up their turn
			*/
	run_connections(s, n);
	return pool_has_failed(s->sink->pool) ? pool_drain(s->sink->pool, err) : 0;
}

int source_objects_run(struct source_objects *s, const struct source_sink *sink, struct err *err)
{
	s->sink = sink;
	for (size_t i = 0; i < s->manifest->n_payloads; i++)
		TRY(run_payload(s, i, err));
	return 0;
}
