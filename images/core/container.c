/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Member headers of archives, made and compared; see images/container.h. This is not a tar reader:
 * libarchive reads foreign tars (in images/tool and when a rootfs payload is unpacked), this file
 * only knows the one form that our own archives have (POSIX.1-2001 ustar, pax record "size" when
 * needed).
 */
#include <images/container.h>

#include <inttypes.h>
#include <string.h>

/* Offsets and lengths of the ustar fields. */
enum {
	NAME_LEN = 100,
	MODE_AT = 100,
	UID_AT = 108,
	GID_AT = 116,
	SIZE_AT = 124,
	SIZE_LEN = 12,
	MTIME_AT = 136,
	SUM_AT = 148,
	SUM_LEN = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
	MAGIC_LEN = 8,
	DEVMAJOR_AT = 329,
	DEVMINOR_AT = 337,
};

static void put_sum(uint8_t *block)
{
	char text[SUM_LEN];
	unsigned sum = 0;

	memset(block + SUM_AT, ' ', SUM_LEN);
	for (size_t i = 0; i < CONTAINER_BLOCK_BYTES; i++)
		sum += block[i];
	snprintf(text, sizeof(text), "%06o", sum); /* then NUL, space */
	memcpy(block + SUM_AT, text, 7);
}

static void put_block(uint8_t *block, const char *name, uint64_t size_bytes, char type)
{
	char size[SIZE_LEN + 12];

	memset(block, 0, CONTAINER_BLOCK_BYTES);
	memcpy(block, name, strlen(name));
	memcpy(block + MODE_AT, "0000444", 8);
	memcpy(block + UID_AT, "0000000", 8);
	memcpy(block + GID_AT, "0000000", 8);
	snprintf(size, sizeof(size), "%011" PRIo64, size_bytes);
	memcpy(block + SIZE_AT, size, SIZE_LEN);
	memcpy(block + MTIME_AT, "00000000000", 12);
	block[TYPE_AT] = (uint8_t)type;
	memcpy(block + MAGIC_AT,
	       "ustar\0"
	       "00",
	       MAGIC_LEN);
	memcpy(block + DEVMAJOR_AT, "0000000", 8);
	memcpy(block + DEVMINOR_AT, "0000000", 8);
	put_sum(block);
}

/* "<length> size=<n>\n", whose length counts its own digits. */
static size_t pax_record(uint64_t size_bytes, char *ret, size_t ret_bytes)
{
	size_t guess, n = 0;

	do {
		guess = n;
		n = (size_t)snprintf(ret, ret_bytes, "%zu size=%" PRIu64 "\n", guess, size_bytes);
	} while (n != guess);
	return n;
}

size_t container_header(const char *name, uint64_t size_bytes,
			uint8_t ret[static CONTAINER_HEADER_MAX_BYTES])
{
	char pax_name[NAME_LEN], record[64];
	size_t n_record;

	BUG_ON(strlen(name) > 80);
	if (size_bytes <= CONTAINER_USTAR_MAX_BYTES) {
		put_block(ret, name, size_bytes, '0');
		return CONTAINER_BLOCK_BYTES;
	}
	snprintf(pax_name, sizeof(pax_name), "PaxHeaders/%s", name);
	n_record = pax_record(size_bytes, record, sizeof(record));
	put_block(ret, pax_name, n_record, 'x');
	memset(ret + CONTAINER_BLOCK_BYTES, 0, CONTAINER_BLOCK_BYTES);
	memcpy(ret + CONTAINER_BLOCK_BYTES, record, n_record);
	put_block(ret + CONTAINER_TRAILER_BYTES, name, 0, '0');
	return CONTAINER_HEADER_MAX_BYTES;
}

size_t container_padding(uint64_t size_bytes)
{
	return (CONTAINER_BLOCK_BYTES - size_bytes % CONTAINER_BLOCK_BYTES) % CONTAINER_BLOCK_BYTES;
}

/* The first thing that is wrong with a header, for a message that helps; the verdict "wrong" is
 * already certain when this is called. */
static int explain(const uint8_t *got, const uint8_t *expected, const char *name, struct err *err)
{
	if (memcmp(got + MAGIC_AT, expected + MAGIC_AT, MAGIC_LEN))
		return err_set(err, ERR_IMAGE_NOT_ARCHIVE, "no archive member where '%s' should be",
			       name);
	if (got[TYPE_AT] != expected[TYPE_AT])
		return err_set(err, ERR_IMAGE_MEMBER_TYPE,
			       "member where '%s' should be has type 0x%02x, expected 0x%02x", name,
			       (unsigned)got[TYPE_AT], (unsigned)expected[TYPE_AT]);
	if (memcmp(got, expected, NAME_LEN))
		return err_set(err, ERR_IMAGE_MEMBER_NAME, "member is '%.*s', expected is '%s'",
			       NAME_LEN, (const char *)got, name);
	if (memcmp(got + SIZE_AT, expected + SIZE_AT, SIZE_LEN))
		return err_set(err, ERR_IMAGE_MEMBER_SIZE, "member '%s' has another size", name);
	return err_set(err, ERR_IMAGE_MEMBER_HEADER, "header of member '%s' is not the one form",
		       name);
}

int container_check_header(const uint8_t *p, size_t n_bytes, const char *name, uint64_t size_bytes,
			   struct err *err)
{
	uint8_t expected[CONTAINER_HEADER_MAX_BYTES];
	size_t n_expected = container_header(name, size_bytes, expected);

	BUG_ON(n_bytes != n_expected);
	for (size_t i = 0; i < n_expected; i += CONTAINER_BLOCK_BYTES) {
		if (!memcmp(p + i, expected + i, CONTAINER_BLOCK_BYTES))
			continue;
		if (i == CONTAINER_BLOCK_BYTES)
			return err_set(err, ERR_IMAGE_MEMBER_SIZE,
				       "pax record of member '%s' is not its size", name);
		return explain(p + i, expected + i, name, err);
	}
	return 0;
}

/* Eleven octal digits and a NUL; anything else (base-256, signs, spaces) is 0. */
static uint64_t read_size(const uint8_t *block)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SIZE_LEN - 1; i++) {
		uint8_t c = block[SIZE_AT + i];

		if (c < '0' || c > '7')
			return 0;
		n = n * 8 + (uint64_t)(c - '0');
	}
	return n;
}

int container_read_header(const uint8_t *p, const char *name, uint64_t max_bytes,
			  uint64_t *ret_size_bytes, struct err *err)
{
	uint64_t size_bytes = read_size(p);
	uint8_t expected[CONTAINER_HEADER_MAX_BYTES];

	container_header(name, size_bytes, expected);
	if (memcmp(p, expected, CONTAINER_BLOCK_BYTES))
		return explain(p, expected, name, err);
	if (!size_bytes || size_bytes > max_bytes)
		return err_set(err, ERR_IMAGE_MEMBER_SIZE,
			       "member '%s' has %" PRIu64 " bytes, allowed are 1 to %" PRIu64, name,
			       size_bytes, max_bytes);
	*ret_size_bytes = size_bytes;
	return 0;
}
