/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts of profiles: any JSON gives partitions that a table and fstab can hold, or an error. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <images/disk_layout.h>

static void check(const struct manifest *m)
{
	for (size_t i = 0; i < m->n_partitions; i++) {
		const struct manifest_partition *p = &m->partitions[i];

		BUG_ON(p->number < 1 || p->number > MANIFEST_MAX_PARTITIONS);
		BUG_ON(!p->size_bytes || p->size_bytes % MIB || p->start_bytes % MIB);
		BUG_ON(i && m->partitions[i - 1].start_bytes + m->partitions[i - 1].size_bytes >
				    p->start_bytes);
		BUG_ON(!manifest_mount_is_valid(p->mount) || strpbrk(p->options, " \t\n\\#"));
		for (size_t k = 0; k < i; k++)
			BUG_ON(m->partitions[k].number == p->number);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest m, to;
	static struct disk_layout l;
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;

	m = (struct manifest){.n_partitions = 3, .n_payloads = 1};
	m.partitions[0] = (struct manifest_partition){
		1, PARTITION_ROLE_BIOS, PARTITION_FS_NONE, MIB, MIB, false, "", "", false};
	m.partitions[1] = (struct manifest_partition){
		2, PARTITION_ROLE_ESP, PARTITION_FS_VFAT, 2 * MIB, 64 * MIB, false, "", "", false};
	m.partitions[2] = (struct manifest_partition){
		3,    PARTITION_ROLE_ROOT, PARTITION_FS_EXT4, 66 * MIB, 64 * MIB, true, "/", "",
		false};
	m.payloads[0] = (struct manifest_payload){
		.role = PAYLOAD_ROLE_ROOTFS, .partition = 3, .size_bytes = 32 * MIB};
	if (json_load_strict(data, size, 65536, &doc, &err) < 0 ||
	    disk_layout_parse(doc, &l, &err) < 0)
		return 0;
	if (disk_layout_apply(&l, &m, &to, &err) == 0)
		check(&to);
	return 0;
}
