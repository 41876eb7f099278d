/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAC addresses and UUIDs as const shapes: 'h' stands for a hexadecimal digit, any other character
 * for itself. A text is compared with each shape that its caller allows. Input: hostile (labels,
 * URLs, firmware, a log of dnsmasq).
 */
#include <base/hw_id.h>

#include <string.h>

#include <base/cleanup.h>
#include <base/digest.h>

struct shape {
	unsigned notation;
	const char *text;
};

static const struct shape mac_shapes[] = {
	{MAC_COLON, "hh:hh:hh:hh:hh:hh"},  {MAC_DASH, "hh-hh-hh-hh-hh-hh"},
	{MAC_DOT, "hhhh.hhhh.hhhh"},       {MAC_BARE, "hhhhhhhhhhhh"},
	{MAC_GROUPS, "hhhh-hhhh-hhhh"},    {MAC_GROUPS, "hhhh:hhhh:hhhh"},
	{MAC_GROUPS, "hhhhhh-hhhhhh"},     {MAC_GROUPS, "hhhhhh:hhhhhh"},
	{MAC_GROUPS, "0xhhhhhhhhhhhh"},    {MAC_GROUPS, "0Xhhhhhhhhhhhh"},
	{MAC_GROUPS, "hh hh hh hh hh hh"}, {MAC_GROUPS, "hh.hh.hh.hh.hh.hh"},
	{MAC_GROUPS, "hh_hh_hh_hh_hh_hh"}, {MAC_GROUPS, "hhhh hhhh hhhh"},
	{MAC_GROUPS, "hhhhhh hhhhhh"},
};

static const struct shape uuid_shapes[] = {
	{UUID_DASHED, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"},
	{UUID_BARE, "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"},
	{UUID_BRACED, "{hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh}"},
};

/* The digits of a text that has the shape, or false. */
static bool take_digits(struct sv text, const char *shape, char *digits)
{
	if (text.n != strlen(shape))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (shape[i] == 'h')
			*digits++ = text.p[i];
		else if (shape[i] != text.p[i])
			return false;
	}
	*digits = '\0';
	return true;
}

/* hex_decode() refuses what is not a digit. */
static bool take_bytes(struct sv text, const struct shape *shapes, size_t n_shapes,
		       unsigned notations, uint8_t *ret, size_t n_bytes)
{
	char digits[2 * UUID_BYTES + 1];
	uint8_t bytes[UUID_BYTES];

	for (size_t i = 0; i < n_shapes; i++) {
		if (!(shapes[i].notation & notations) ||
		    !take_digits(text, shapes[i].text, digits) ||
		    !hex_decode(digits, bytes, n_bytes))
			continue;
		memcpy(ret, bytes, n_bytes);
		return true;
	}
	return false;
}

/* The canonical text is the first shape. */
static void print(const char *shape, const uint8_t *bytes, size_t n_bytes, char *ret)
{
	char digits[2 * UUID_BYTES + 1];
	const char *next = digits;

	hex_encode(bytes, n_bytes, digits);
	for (; *shape; shape++)
		*ret++ = *shape == 'h' ? *next++ : *shape;
	*ret = '\0';
}

bool hw_mac_bytes(struct sv text, unsigned notations, uint8_t ret[static MAC_BYTES])
{
	return take_bytes(text, mac_shapes, ARRAY_LEN(mac_shapes), notations, ret, MAC_BYTES);
}

void hw_mac_print(const uint8_t mac[static MAC_BYTES], char ret[static MAC_TEXT_BYTES])
{
	print(mac_shapes[0].text, mac, MAC_BYTES, ret);
}

bool hw_mac_is_station(const uint8_t mac[static MAC_BYTES])
{
	static const uint8_t zeros[MAC_BYTES];

	/* all ones and groups of stations have the lowest bit of the first byte */
	return !(mac[0] & 1) && memcmp(mac, zeros, sizeof(zeros)) != 0;
}

bool hw_mac_parse(struct sv text, unsigned notations, char ret[static MAC_TEXT_BYTES])
{
	uint8_t mac[MAC_BYTES];

	if (!hw_mac_bytes(text, notations, mac))
		return false;
	hw_mac_print(mac, ret);
	return true;
}

bool hw_uuid_bytes(struct sv text, unsigned notations, uint8_t ret[static UUID_BYTES])
{
	return take_bytes(text, uuid_shapes, ARRAY_LEN(uuid_shapes), notations, ret, UUID_BYTES);
}

void hw_uuid_print(const uint8_t uuid[static UUID_BYTES], char ret[static UUID_TEXT_BYTES])
{
	print(uuid_shapes[0].text, uuid, UUID_BYTES, ret);
}

bool hw_uuid_parse(struct sv text, unsigned notations, char ret[static UUID_TEXT_BYTES])
{
	uint8_t uuid[UUID_BYTES];

	if (!hw_uuid_bytes(text, notations, uuid))
		return false;
	hw_uuid_print(uuid, ret);
	return true;
}

void hw_uuid_swap_fields(uint8_t uuid[static UUID_BYTES])
{
	static const uint8_t from[8] = {3, 2, 1, 0, 5, 4, 7, 6};
	uint8_t fields[sizeof(from)];

	for (size_t i = 0; i < sizeof(from); i++)
		fields[i] = uuid[from[i]];
	memcpy(uuid, fields, sizeof(fields));
}

void uuid_v4(char ret[static UUID_TEXT_BYTES])
{
	uint8_t uuid[UUID_BYTES];

	random_bytes(uuid, sizeof(uuid));
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* version 4 */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80); /* variant 10 */
	hw_uuid_print(uuid, ret);
}
