/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures through libblkid's low-level probe; see disk_signatures.h. Superblock and partition
 * chains are walked to their ends (blkid_do_probe until it has no more), because a disk that was
 * used twice carries two signatures and the first one alone would hide the other.
 */
#include "disk_signatures.h"

#include <blkid/blkid.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <base/cleanup.h>
#include <base/limits.h>
#include <base/str.h>
#include <proto/facts.h>
#include <proto/signature.h>

#define EDGE_BYTES     ((size_t)MIB)
#define MAX_PARTITIONS 256

static void add(text64_list *list, const char *name)
{
	struct text64 text = {0};

	text_clean(text.s, sizeof(text.s), name, sizeof(text.s) - 1);
	for (char *p = text.s; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].s, text.s))
			return;
	if (*text.s && list->n < FACTS_MAX_SIGNATURES)
		VEC_PUSH(list, text);
}

static void free_probe(struct blkid_struct_probe *p)
{
	blkid_free_probe(p);
}
DEFINE_AUTO(probe, struct blkid_struct_probe, free_probe);

/* Superblocks within one range of the disk; bytes 0 means all of it. */
static int probe_range(int fd, uint64_t start, uint64_t n_bytes, text64_list *ret, struct err *err)
{
	AUTO(probe) struct blkid_struct_probe *probe = blkid_new_probe();
	const char *type;

	if (!probe || blkid_probe_set_device(probe, fd, (blkid_loff_t)start, (blkid_loff_t)n_bytes))
		return err_set(err, ERR_IO, "cannot look for signatures");
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probe, 0);
	for (int i = 0; i < FACTS_MAX_SIGNATURES; i++) {
		int r = blkid_do_probe(probe);

		if (r < 0)
			return err_set(err, ERR_IO,
				       "reading the disk failed while looking for signatures");
		if (r > 0)
			return 0;
		if (blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0)
			add(ret, type);
	}
	return 0;
}

static void add_partition_type(blkid_partition partition, text64_list *ret)
{
	const char *type = blkid_partition_get_type_string(partition);
	char number[16];

	if (!type) {
		snprintf(number, sizeof(number), "0x%x",
			 (unsigned)blkid_partition_get_type(partition));
		type = number;
	}
	const char *word = signature_of_partition_type(type);
	if (word)
		add(ret, word);
}

static int probe_partitions(int fd, text64_list *ret, struct err *err)
{
	AUTO(probe) struct blkid_struct_probe *probe = blkid_new_probe();

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0))
		return err_set(err, ERR_IO, "cannot look for partitions");
	blkid_probe_enable_superblocks(probe, 0);
	blkid_probe_enable_partitions(probe, 1);
	blkid_partlist list = blkid_probe_get_partitions(probe);
	if (!list)
		return 0;
	blkid_parttable table = blkid_partlist_get_table(list);
	if (table)
		add(ret, blkid_parttable_get_type(table));
	int n = blkid_partlist_numof_partitions(list);
	for (int i = 0; i < n && i < MAX_PARTITIONS; i++) {
		blkid_partition p = blkid_partlist_get_partition(list, i);
		uint64_t start = (uint64_t)blkid_partition_get_start(p) * 512;
		uint64_t bytes = (uint64_t)blkid_partition_get_size(p) * 512;

		add_partition_type(p, ret);
		/* An extended partition (1 KiB) and broken entries hold nothing to probe. */
		if (bytes > 4096)
			(void)probe_range(fd, start, bytes, ret, NULL);
	}
	return 0;
}

static bool all_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static int probe_edges(int fd, uint64_t size_bytes, text64_list *ret, struct err *err)
{
	autofree char *edge = xmalloc(EDGE_BYTES);
	uint64_t offsets[2] = {0, size_bytes > EDGE_BYTES ? size_bytes - EDGE_BYTES : 0};

	for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
		ssize_t n = pread(fd, edge, EDGE_BYTES, (off_t)offsets[i]);

		if (n < 0)
			return err_sys(err, ERR_IO, "cannot read the disk's edges");
		if (!all_zero(edge, (size_t)n)) {
			add(ret, "nonzero");
			return 0;
		}
	}
	return 0;
}

static int size_of_fd(int fd, uint64_t *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "cannot look at the disk");
	*ret = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, ret) < 0)
		return err_sys(err, ERR_IO, "cannot ask for the disk's size");
	return 0;
}

int disk_signatures_of_fd(int fd, text64_list *ret, struct err *err)
{
	size_t before = ret->n;
	uint64_t size_bytes;

	TRY(size_of_fd(fd, &size_bytes, err));
	TRY(probe_range(fd, 0, size_bytes, ret, err));
	TRY(probe_partitions(fd, ret, err));
	if (ret->n == before)
		TRY(probe_edges(fd, size_bytes, ret, err));
	return 0;
}

int disk_signatures_of_path(const char *path, text64_list *ret, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	return disk_signatures_of_fd(fd, ret, err);
}
