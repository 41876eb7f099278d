/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading cursor over foreign bytes, with a sticky "ran out" flag: parsers never index a raw wire
 * pointer. Bounds are tested by subtraction. Reads past the end return zeros and set `short_read`.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cur {
	const uint8_t *p;
	size_t left_bytes;
	bool short_read;
};

struct cur cur_of(const void *p, size_t n_bytes);
uint8_t cur_u8(struct cur *c);
uint16_t cur_le16(struct cur *c);
uint32_t cur_le32(struct cur *c);
uint64_t cur_le64(struct cur *c);
uint16_t cur_be16(struct cur *c);
uint32_t cur_be32(struct cur *c);
/* The next n bytes, or NULL (and short_read) when there are fewer. */
const uint8_t *cur_bytes(struct cur *c, size_t n_bytes);
void cur_skip(struct cur *c, size_t n_bytes);
/* A sub-cursor over the next n bytes, which are consumed from c. */
struct cur cur_sub(struct cur *c, size_t n_bytes);

void put_le16(uint8_t *p, uint16_t v);
void put_le32(uint8_t *p, uint32_t v);
void put_le64(uint8_t *p, uint64_t v);

#endif
