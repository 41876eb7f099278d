/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root's file system alone, for a partition beside a running system; see root_fs_only in
 * images/install.h. Of the signed manifest there stays one partition, which is the whole target; the
 * payloads for others are verified and written nowhere.
 */
#include "install_run.h"

#include <inttypes.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "partition_table.h"

static int unfit(const struct manifest *m, const char *why, struct err *err)
{
	return err_set(err, ERR_IMAGE_LAYOUT_UNFIT, "image %s %s %s", m->line, m->version, why);
}

/* A loader's places are filled by the host's first install. */
static bool is_loaders(const struct manifest_partition *p)
{
	return p && (p->role == PARTITION_ROLE_BIOS || p->role == PARTITION_ROLE_ESP);
}

static int choose_payloads(struct install *in, const struct manifest *m,
			   const struct manifest_payload **ret, struct err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < m->n_payloads; i++) {
		const struct manifest_partition *p = manifest_partition_find(
			m, m->payloads[i].partition);

		if (p && p->role == PARTITION_ROLE_ROOT)
			*ret = &m->payloads[i];
		else if (is_loaders(p))
			in->leaves_out[i] = true;
		else if (p)
			return unfit(m, "has files on partitions beside its root", err);
	}
	return *ret ? 0 : unfit(m, "has no root partition of its own", err);
}

/* Whoever names a disk in place of its partition would lose all of them. */
static int check_no_table(const struct install *in, struct err *err)
{
	struct image_part parts[MANIFEST_MAX_PARTITIONS];
	const struct partition_source from = {in->target.fd, in->target.sector_bytes, in->m->arch,
					      in->target.size_bytes};
	size_t n;

	TRY(partition_table_read(&from, parts, &n, err));
	return n ? err_set(err, ERR_IMAGE_TARGET,
			   "the target is a disk with %zu partitions: name one of them", n)
		 : 0;
}

int install_root_choose(struct install *in, struct err *err)
{
	const struct manifest_payload *payload;
	const struct manifest *m = in->m;
	struct manifest *to = &in->laid_out;

	TRY(choose_payloads(in, m, &payload, err));
	*to = *m;
	to->n_partitions = 1;
	to->partitions[0] = *manifest_partition_find(m, payload->partition);
	to->partitions[0].start_bytes = 0;
	to->min_disk_bytes = in->target.is_device ? payload->size_bytes
						  : to->partitions[0].size_bytes;
	to->has_boot_code = false;
	in->m = to;
	return in->target.size_bytes ? check_no_table(in, err) : 0;
}

void install_root_plan(struct install *in)
{
	const struct manifest_partition *from = &in->m->partitions[0];
	struct image_receipt_partition *to = &in->receipt.partitions[0];

	in->receipt.n_partitions = 1;
	to->number = from->number;
	to->role = from->role;
	to->fs = from->fs;
	to->size_bytes = in->target.size_bytes;
	(void)str_copy(to->mount, sizeof(to->mount), from->mount);
}
