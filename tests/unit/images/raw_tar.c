/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tars byte by byte; see raw_tar.h. POSIX.1-2017, ustar Interchange Format.
 */
#include "raw_tar.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>

#define BLOCK 512

static void fill(struct str *tar, size_t n_bytes)
{
	while (n_bytes--)
		str_addn(tar, "\0", 1);
}

static void put_sum(uint8_t *block)
{
	unsigned sum = 0;
	char text[9];

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(block + 148, text, 7);
}

void raw_tar_add(struct str *tar, char type, const struct raw_put *put, struct sv body)
{
	uint8_t block[BLOCK] = {0};
	char size[13];

	memcpy(block, "f", 1);
	memcpy(block + 100, "0000644", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	snprintf(size, sizeof(size), "%011zo", body.n);
	memcpy(block + 124, size, 12);
	memcpy(block + 136, "00000000000", 12);
	block[156] = (uint8_t)(type ? type : '0');
	memcpy(block + 257, type == 'S' ? "ustar  " : "ustar\00000", 8); /* GNU's own types */
	for (size_t i = 0; put && i < RAW_TAR_PUTS && put[i].text; i++)
		memcpy(block + put[i].at, put[i].text, strlen(put[i].text));
	put_sum(block);
	str_addn(tar, (const char *)block, sizeof(block));
	str_addn(tar, body.p, body.n);
	fill(tar, (BLOCK - body.n % BLOCK) % BLOCK);
}

char *raw_tar_record(const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3, digits = 1;

	while (snprintf(NULL, 0, "%zu", n + digits) != (int)digits)
		digits++;
	return xasprintf("%zu %s=%s\n", n + digits, key, value);
}

void raw_tar_end(struct str *tar)
{
	fill(tar, 2 * BLOCK);
}
