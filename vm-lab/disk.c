/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disk files. The decoy's content is a SHA-256 counter stream over its serial: no two blocks alike
 * (a block moved is noticed), nothing to store, and no file system signature that would need
 * consent. Input at the end: bytes that a guest may have written; they are hashed and compared,
 * never parsed.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define BLOCK_BYTES        (256 * KIB)
#define SECTOR_BYTES       512
#define LARGE_SECTOR_BYTES 4096
#define ST_BLOCK_BYTES     512 /* the unit of stat(2), whatever the file system's own */

/* One hash a kibibyte, repeated within it: fast enough under any load, still unique by place. */
static void fill_block(uint8_t *block, const char *serial, uint64_t block_index)
{
	for (uint64_t k = 0; k < BLOCK_BYTES / KIB; k++) {
		char seed[96];
		int n = snprintf(seed, sizeof(seed), "slipway decoy %s %llu", serial,
				 (unsigned long long)(block_index * (BLOCK_BYTES / KIB) + k));

		for (unsigned i = 0; i < KIB / SHA256_BYTES; i++) {
			uint8_t *p = block + k * KIB + (size_t)i * SHA256_BYTES;

			if (i == 0)
				sha256_of(seed, (size_t)n, p);
			else
				memcpy(p, p - SHA256_BYTES, SHA256_BYTES);
		}
	}
}

static int decoy_fill(int fd, const struct lab_disk *d, struct err *err)
{
	autofree uint8_t *block = xmalloc(BLOCK_BYTES);

	for (uint64_t i = 0; i < d->size_bytes / BLOCK_BYTES; i++) {
		fill_block(block, d->serial, i);
		TRY(file_write_all(fd, block, BLOCK_BYTES, err));
	}
	return 0;
}

int disk_make(const char *path, const struct lab_disk *d, char ret_hex[static SHA256_HEX_BYTES],
	      struct err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, ERR_IO, "cannot make '%s'", path);
	if (d->role == DISK_DECOY)
		TRY(decoy_fill(fd, d, err));
	else if (ftruncate(fd, (off_t)d->size_bytes) < 0)
		return err_sys(err, ERR_IO, "cannot size '%s'", path);
	return disk_hash(path, ret_hex, err);
}

static bool is_zero(const uint8_t *p, size_t n_bytes)
{
	return n_bytes == 0 || (p[0] == 0 && memcmp(p, p + 1, n_bytes - 1) == 0);
}

/* Up to a block; a short read in the middle would shift the blocks, so it goes on until full. */
static int block_read(int fd, uint64_t at, uint8_t *block, size_t *ret_n_bytes, struct err *err)
{
	size_t n_bytes = 0;
	ssize_t n;

	while (n_bytes < BLOCK_BYTES) {
		n = pread(fd, block + n_bytes, BLOCK_BYTES - n_bytes, (off_t)(at + n_bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, ERR_IO, "cannot read a disk");
		if (n == 0)
			break;
		n_bytes += (size_t)n;
	}
	*ret_n_bytes = n_bytes;
	return 0;
}

/* The start of the first block at or after `at` that may hold data; size_bytes when there is none.
 */
static uint64_t next_data(int fd, uint64_t at, uint64_t size_bytes)
{
	off_t found = lseek(fd, (off_t)at, SEEK_DATA);

	if (found < 0) /* ENXIO: only a hole is left; else: no support, look at everything */
		return errno == ENXIO ? size_bytes : at;
	return (uint64_t)found / BLOCK_BYTES * BLOCK_BYTES;
}

int disk_hash(const char *path, char ret_hex[static SHA256_HEX_BYTES], struct err *err)
{
	AUTO(sha256) struct sha256 *h = sha256_new();
	autofree uint8_t *block = xmalloc(BLOCK_BYTES);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t digest[SHA256_BYTES];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	uint64_t size_bytes = (uint64_t)st.st_size, at = 0;

	sha256_update(h, &size_bytes, sizeof(size_bytes));
	while ((at = next_data(fd, at, size_bytes)) < size_bytes) {
		size_t n_bytes;

		TRY(block_read(fd, at, block, &n_bytes, err));
		if (!is_zero(block, n_bytes)) {
			sha256_update(h, &at, sizeof(at));
			sha256_update(h, block, n_bytes);
		}
		at += BLOCK_BYTES;
	}
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret_hex);
	return 0;
}

uint64_t disk_allocated_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_blocks * ST_BLOCK_BYTES;
}

static int sector_read(int fd, off_t at, uint8_t sector[static SECTOR_BYTES], struct err *err)
{
	if (pread(fd, sector, SECTOR_BYTES, at) != SECTOR_BYTES)
		return err_sys(err, ERR_IO, "cannot read a sector");
	return 0;
}

static bool has_gpt(const uint8_t *sector)
{
	return memcmp(sector, "EFI PART", 8) == 0;
}

int disk_is_bootable(const char *path, bool *ret, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	static const off_t sectors[] = {SECTOR_BYTES, LARGE_SECTOR_BYTES};
	uint8_t first[SECTOR_BYTES], table[SECTOR_BYTES];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	TRY(sector_read(fd, 0, first, err));
	*ret = first[510] == 0x55 && first[511] == 0xaa;
	for (size_t i = 0; i < ARRAY_LEN(sectors) && !*ret; i++) {
		TRY(sector_read(fd, sectors[i], table, err));
		*ret = has_gpt(table);
		TRY(sector_read(fd, st.st_size - sectors[i], table, err));
		*ret = *ret || has_gpt(table);
	}
	return 0;
}

int disk_is_blank(const char *path, bool *ret, struct err *err)
{
	autofree uint8_t *block = xmalloc(BLOCK_BYTES);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_IO, "cannot open '%s'", path);
	uint64_t size_bytes = (uint64_t)st.st_size, at = 0;

	*ret = true;
	while (*ret && (at = next_data(fd, at, size_bytes)) < size_bytes) {
		size_t n_bytes;

		TRY(block_read(fd, at, block, &n_bytes, err));
		*ret = is_zero(block, n_bytes);
		at += BLOCK_BYTES;
	}
	return 0;
}
