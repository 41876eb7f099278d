/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far one install is, for its stages and workers: stage, progress, the permission to go on,
 * and what the receipt will say.
 */
#include "install_run.h"

#include <base/clock.h>
#include <base/json.h>

#define PROGRESS_EVERY_MS 200

static double now_s(void)
{
	return (double)clock_boot_us(&clock_system) / 1e6;
}

void install_enter_stage(struct install *in, enum image_stage stage, uint64_t total_bytes)
{
	double now = now_s();

	if (in->stage_began_s > 0)
		in->receipt.stage_s[in->stage] += now - in->stage_began_s;
	in->stage = stage;
	in->stage_began_s = now;
	pthread_mutex_lock(&in->lock);
	in->done_bytes = 0;
	in->total_bytes = total_bytes;
	in->last_progress_ms = 0;
	pthread_mutex_unlock(&in->lock);
	install_progress(in, 0);
}

void install_progress(struct install *in, uint64_t n_bytes)
{
	int64_t now_ms = (int64_t)(now_s() * 1000);

	pthread_mutex_lock(&in->lock);
	in->done_bytes += n_bytes;
	if (in->request->progress && now_ms - in->last_progress_ms >= PROGRESS_EVERY_MS) {
		in->last_progress_ms = now_ms;
		in->request->progress(in->request->arg, in->stage, in->done_bytes, in->total_bytes);
	}
	pthread_mutex_unlock(&in->lock);
}

int install_may_write(struct install *in, struct err *err)
{
	const struct image_install_request *r = in->request;
	bool may, cancelled;

	pthread_mutex_lock(&in->lock);
	may = !r->may_write || r->may_write(r->arg);
	cancelled = r->cancelled && r->cancelled(r->arg);
	pthread_mutex_unlock(&in->lock);
	if (!may)
		return err_set(err, ERR_IMAGE_LEASE, "the permission to write has ended");
	return cancelled ? err_set(err, ERR_CANCELLED, "stopped on request") : 0;
}

struct image_receipt_partition *install_partition_of(struct install *in, size_t payload)
{
	for (size_t i = 0; i < in->receipt.n_partitions; i++)
		if (in->receipt.partitions[i].number == in->m->payloads[payload].partition)
			return &in->receipt.partitions[i];
	BUG_ON(true);
}

/* Every chunk was found equal to its record, so the digest over the records is that of the disk. */
void install_digest_of_disk(struct install *in, size_t payload)
{
	const struct chunk_table *t = source_table(in->source, payload);
	struct image_receipt_partition *p = install_partition_of(in, payload);
	AUTO(sha256) struct sha256 *h = sha256_new();

	for (size_t i = 0; i < t->n; i++) {
		struct chunk c = chunk_table_at(t, i);
		uint8_t head[12];

		for (int b = 0; b < 8; b++)
			head[b] = (uint8_t)(c.plain_offset >> (8 * b));
		for (int b = 0; b < 4; b++)
			head[8 + b] = (uint8_t)(c.plain_bytes >> (8 * b));
		sha256_update(h, head, sizeof(head));
		sha256_update(h, c.plain_sha256, SHA256_BYTES);
	}
	sha256_final(h, p->read_back_sha256);
	p->was_read_back = true;
}
