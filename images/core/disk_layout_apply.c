/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layout and a signed manifest give the partitions of one host; see images/disk_layout.h.
 *
 * GRUB was built to find its files under /boot on the partition that has the root's number. With
 * /boot apart that number goes to the boot partition, which then shows itself under the name "boot"
 * once more (the agent makes the link): what was signed needs no change.
 */
#include <images/disk_layout.h>

#include <inttypes.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define LEAST_REST_BYTES (300 * MIB) /* enough for any empty file system */

struct applying {
	const struct disk_layout *layout;
	const struct manifest *from;
	struct manifest *to;
	const struct manifest_partition *old_root;
	uint64_t at_bytes; /* where the next partition starts */
	unsigned next_number;
};

static int unfit(const struct applying *a, const char *why, struct err *err)
{
	return err_set(err, ERR_IMAGE_LAYOUT_UNFIT, "image %s %s %s", a->from->line,
		       a->from->version, why);
}

/* ---- what the image must be ------------------------------------------------------------------ */

static bool stays(const struct manifest_partition *p)
{
	return p->role == PARTITION_ROLE_BIOS || p->role == PARTITION_ROLE_ESP;
}

static const struct manifest_payload *payload_of(const struct manifest *m, unsigned partition)
{
	for (size_t i = 0; i < m->n_payloads; i++)
		if (m->payloads[i].partition == partition)
			return &m->payloads[i];
	return NULL;
}

static int check_image(struct applying *a, struct err *err)
{
	for (size_t i = 0; i < a->from->n_partitions; i++) {
		const struct manifest_partition *p = &a->from->partitions[i];
		const struct manifest_payload *payload = payload_of(a->from, p->number);

		if (p->role == PARTITION_ROLE_ROOT && payload &&
		    payload->role == PAYLOAD_ROLE_ROOTFS)
			a->old_root = p;
		else if (payload && !stays(p) && p->role != PARTITION_ROLE_ROOT)
			return unfit(
				a, "has partitions with content of their own, and takes no layout",
				err);
	}
	if (!a->old_root)
		return unfit(a, "is written as blocks: a layout needs one that is unpacked", err);
	return 0;
}

/* The loader that reads the kernel was made for the old root's file system; a boot partition is ext4. */
static int check_root(const struct applying *a, enum partition_fs fs, struct err *err)
{
	static const unsigned features[_PARTITION_FS_MAX] = {
		[PARTITION_FS_EXT4] = IMAGE_FEATURE_ROOT_EXT4,
		[PARTITION_FS_XFS] = IMAGE_FEATURE_ROOT_XFS,
		[PARTITION_FS_BTRFS] = IMAGE_FEATURE_ROOT_BTRFS,
	};
	autofree char *why = xasprintf("was built to start from %s, the layout's root is %s: %s",
				       partition_fs_str(a->old_root->fs), partition_fs_str(fs),
				       a->from->features & features[fs]
					       ? "that needs a boot partition"
					       : "its initial RAM disk cannot mount that");
	bool can = (a->from->features & features[fs]) && disk_layout_has_boot(a->layout);

	return fs == a->old_root->fs || can ? 0 : unfit(a, why, err);
}

/* ---- partitions ------------------------------------------------------------------------------ */

static const struct disk_layout_partition *find(const struct disk_layout *l,
						enum disk_layout_role role)
{
	for (size_t i = 0; i < l->n_partitions; i++)
		if (l->partitions[i].role == role)
			return &l->partitions[i];
	return NULL;
}

static int resize_esp(const struct applying *a, struct manifest_partition *p, struct err *err)
{
	const struct disk_layout_partition *wanted = find(a->layout, DISK_LAYOUT_ESP);

	if (!wanted)
		return 0;
	if (wanted->size_bytes && wanted->size_bytes < p->size_bytes)
		return unfit(a, "has a larger EFI system partition than the layout", err);
	if (wanted->size_bytes)
		p->size_bytes = wanted->size_bytes;
	if (wanted->mount[0])
		(void)str_copy(p->mount, sizeof(p->mount), wanted->mount);
	(void)str_copy(p->options, sizeof(p->options), wanted->options);
	return 0;
}

/* Their places are in the boot code, so they stay. */
static int keep_boot_parts(struct applying *a, struct err *err)
{
	struct manifest *to = a->to;

	a->at_bytes = MIB;
	for (size_t i = 0; i < a->from->n_partitions; i++) {
		struct manifest_partition p = a->from->partitions[i];

		if (!stays(&p))
			continue;
		if (p.start_bytes < a->at_bytes)
			return unfit(a, "has its BIOS partition behind the ESP that grows", err);
		p.grow = false;
		if (p.role == PARTITION_ROLE_ESP)
			TRY(resize_esp(a, &p, err));
		a->at_bytes = p.start_bytes + p.size_bytes;
		to->partitions[to->n_partitions++] = p;
	}
	return 0;
}

/* The loader's number for what it reads; other ones from 4 on, as builders count. */
static unsigned number_of(struct applying *a, enum disk_layout_role role)
{
	bool is_loaders = find(a->layout, DISK_LAYOUT_BOOT) ? role == DISK_LAYOUT_BOOT
							    : role == DISK_LAYOUT_ROOT;

	if (is_loaders)
		return a->old_root->number;
	while (a->next_number == a->old_root->number ||
	       manifest_partition_find(a->to, a->next_number))
		a->next_number++;
	return a->next_number++;
}

static enum partition_role role_of(enum disk_layout_role role)
{
	static const enum partition_role roles[_DISK_LAYOUT_ROLE_MAX] = {
		[DISK_LAYOUT_ESP] = PARTITION_ROLE_ESP,
		[DISK_LAYOUT_BOOT] = PARTITION_ROLE_DATA,
		[DISK_LAYOUT_ROOT] = PARTITION_ROLE_ROOT,
		[DISK_LAYOUT_SWAP] = PARTITION_ROLE_SWAP,
		[DISK_LAYOUT_DATA] = PARTITION_ROLE_DATA,
		[DISK_LAYOUT_ROOT_B] = PARTITION_ROLE_DATA,
	};

	return roles[role];
}

static void add(struct applying *a, const struct disk_layout_partition *from)
{
	struct manifest_partition *to = &a->to->partitions[a->to->n_partitions];

	*to = (struct manifest_partition){
		.number = number_of(a, from->role),
		.role = role_of(from->role),
		.fs = from->fs,
		.start_bytes = a->at_bytes,
		.size_bytes = from->size_bytes ? from->size_bytes : LEAST_REST_BYTES,
		.grow = !from->size_bytes,
		.is_second_root = from->role == DISK_LAYOUT_ROOT_B,
	};
	(void)str_copy(to->mount, sizeof(to->mount), from->mount);
	(void)str_copy(to->options, sizeof(to->options), from->options);
	a->at_bytes += to->size_bytes;
	a->to->n_partitions++;
}

/* What is on the ESP already counts to nothing here: the tar is unpacked into the rest. */
static int check_room(const struct applying *a, struct manifest_payload *rootfs, struct err *err)
{
	uint64_t room_bytes = 0;

	for (size_t i = 0; i < a->to->n_partitions; i++) {
		struct manifest_partition *p = &a->to->partitions[i];

		if (stays(p) || p->mount[0] != '/')
			continue;
		if (p->grow && room_bytes + p->size_bytes < rootfs->size_bytes)
			p->size_bytes = (rootfs->size_bytes - room_bytes + MIB - 1) / MIB * MIB;
		room_bytes += p->size_bytes;
	}
	autofree char *why = xasprintf(
		"holds %" PRIu64 " MiB of files, the layout has room for %" PRIu64,
		(uint64_t)(rootfs->size_bytes / MIB), (uint64_t)(room_bytes / MIB));
	return room_bytes < rootfs->size_bytes ? unfit(a, why, err) : 0;
}

static int place_all(struct applying *a, struct err *err)
{
	struct manifest_payload *rootfs = NULL;

	TRY(keep_boot_parts(a, err));
	for (size_t i = 0; i < a->layout->n_partitions; i++)
		if (a->layout->partitions[i].role != DISK_LAYOUT_ESP)
			add(a, &a->layout->partitions[i]);
	for (size_t i = 0; i < a->to->n_payloads; i++)
		if (a->to->payloads[i].role == PAYLOAD_ROLE_ROOTFS)
			rootfs = &a->to->payloads[i];
	for (size_t i = 0; i < a->to->n_partitions; i++)
		if (a->to->partitions[i].role == PARTITION_ROLE_ROOT)
			rootfs->partition = a->to->partitions[i].number;
	TRY(check_room(a, rootfs, err));
	const struct manifest_partition *last = &a->to->partitions[a->to->n_partitions - 1];
	a->to->min_disk_bytes = last->start_bytes + last->size_bytes + MIB;
	return 0;
}

int disk_layout_apply(const struct disk_layout *l, const struct manifest *m, struct manifest *ret,
		      struct err *err)
{
	struct applying a = {.layout = l, .from = m, .to = ret, .next_number = 4};

	*ret = *m;
	ret->n_partitions = 0;
	memset(ret->partitions, 0, sizeof(ret->partitions));
	TRY(check_image(&a, err));
	TRY(check_root(&a, find(l, DISK_LAYOUT_ROOT)->fs, err));
	return place_all(&a, err);
}
