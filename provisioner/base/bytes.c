/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte cursor of base/bytes.h: every bounds test of our binary parsers stands in this file.
 */
#include <base/bytes.h>

struct cur cur_of(const void *p, size_t n_bytes)
{
	return (struct cur){.p = p, .left_bytes = n_bytes};
}

const uint8_t *cur_bytes(struct cur *c, size_t n_bytes)
{
	const uint8_t *p = c->p;

	if (!n_bytes) /* p may be NULL, and NULL + 0 is undefined in C17 */
		return p;
	if (n_bytes > c->left_bytes) {
		c->short_read = true;
		c->p = p ? p + c->left_bytes : p;
		c->left_bytes = 0;
		return NULL;
	}
	c->p += n_bytes;
	c->left_bytes -= n_bytes;
	return p;
}

void cur_skip(struct cur *c, size_t n_bytes)
{
	(void)cur_bytes(c, n_bytes);
}

struct cur cur_sub(struct cur *c, size_t n_bytes)
{
	bool fits = n_bytes <= c->left_bytes;
	const uint8_t *p = cur_bytes(c, n_bytes);

	return fits ? cur_of(p, n_bytes) : (struct cur){.p = c->p, .short_read = true};
}

static uint64_t read_le(struct cur *c, size_t n_bytes)
{
	const uint8_t *p = cur_bytes(c, n_bytes);
	uint64_t v = 0;

	for (size_t i = n_bytes; p && i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static uint64_t read_be(struct cur *c, size_t n_bytes)
{
	const uint8_t *p = cur_bytes(c, n_bytes);
	uint64_t v = 0;

	for (size_t i = 0; p && i < n_bytes; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t cur_u8(struct cur *c)
{
	return (uint8_t)read_le(c, 1);
}

uint16_t cur_le16(struct cur *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t cur_le32(struct cur *c)
{
	return (uint32_t)read_le(c, 4);
}

uint64_t cur_le64(struct cur *c)
{
	return read_le(c, 8);
}

uint16_t cur_be16(struct cur *c)
{
	return (uint16_t)read_be(c, 2);
}

uint32_t cur_be32(struct cur *c)
{
	return (uint32_t)read_be(c, 4);
}

static void write_le(uint8_t *p, uint64_t v, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

void put_le16(uint8_t *p, uint16_t v)
{
	write_le(p, v, 2);
}

void put_le32(uint8_t *p, uint32_t v)
{
	write_le(p, v, 4);
}

void put_le64(uint8_t *p, uint64_t v)
{
	write_le(p, v, 8);
}
