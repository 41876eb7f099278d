/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading LLDP; see lldp.h. IEEE 802.1AB-2016, clauses 8.4 (TLVs) and 9.2.7 (what to discard).
 * Input: frames from whoever is on the wire.
 */
#include "lldp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <base/bytes.h>
#include <base/hw_id.h>
#include <base/str.h>

#define HEADER_BYTES 12 /* two MAC addresses */
#define TEXT_BYTES   129

enum tlv_type {
	TLV_END = 0,
	TLV_CHASSIS_ID = 1,
	TLV_PORT_ID = 2,
	TLV_TTL = 3,
	TLV_PORT_DESCRIPTION = 4,
	TLV_SYSTEM_NAME = 5,
	TLV_CAPABILITIES = 7,
	TLV_ORGANISATION = 127,
};

/* Subtypes whose value is binary; of all others it is text. Chassis and port number them apart. */
#define CHASSIS_MAC     4
#define CHASSIS_ADDRESS 5
#define PORT_MAC        3
#define PORT_ADDRESS    4

#define ADDRESS_IPV4 1 /* IANA address family numbers */
#define ADDRESS_IPV6 2

static const uint8_t oui_8021[] = {0x00, 0x80, 0xc2};
#define SUBTYPE_PORT_VLAN 1

static void text_of(struct cur value, char ret[static TEXT_BYTES])
{
	text_clean(ret, TEXT_BYTES, (const char *)value.p, value.left_bytes);
}

static bool mac_of(struct cur value, char ret[static TEXT_BYTES])
{
	if (value.left_bytes != MAC_BYTES)
		return false;
	hw_mac_print(value.p, ret);
	return true;
}

static bool address_of(struct cur value, char ret[static TEXT_BYTES])
{
	uint8_t family = cur_u8(&value);

	if (family == ADDRESS_IPV4 && value.left_bytes == 4)
		return inet_ntop(AF_INET, value.p, ret, TEXT_BYTES);
	if (family == ADDRESS_IPV6 && value.left_bytes == 16)
		return inet_ntop(AF_INET6, value.p, ret, TEXT_BYTES);
	return false;
}

static bool id_of(struct cur value, uint8_t mac_subtype, uint8_t address_subtype,
		  char ret[static TEXT_BYTES])
{
	uint8_t subtype = cur_u8(&value);

	if (value.short_read || value.left_bytes == 0 || value.left_bytes > 255)
		return false;
	if (subtype == mac_subtype)
		return mac_of(value, ret);
	if (subtype == address_subtype)
		return address_of(value, ret);
	text_of(value, ret);
	return true;
}

/* IEEE 802.1: the VLAN of frames without a tag; 0 when the port has none. */
static void organisation(struct cur value, struct facts_lldp *ret)
{
	const uint8_t *oui = cur_bytes(&value, sizeof(oui_8021));

	if (oui && !memcmp(oui, oui_8021, sizeof(oui_8021)) &&
	    cur_u8(&value) == SUBTYPE_PORT_VLAN && value.left_bytes == 2)
		ret->vlan_id = cur_be16(&value) & 0x0fff;
}

#define CAPABLE_BRIDGE 0x0004
#define CAPABLE_ROUTER 0x0010

/* What it can do, then what of it is enabled. */
static bool is_switch(struct cur value)
{
	cur_skip(&value, 2);
	return cur_be16(&value) & (CAPABLE_BRIDGE | CAPABLE_ROUTER);
}

static void optional_tlv(unsigned type, struct cur value, struct facts_lldp *ret)
{
	if (type == TLV_PORT_DESCRIPTION)
		text_of(value, ret->port_description);
	else if (type == TLV_SYSTEM_NAME)
		text_of(value, ret->sys_name);
	else if (type == TLV_CAPABILITIES)
		ret->is_switch = is_switch(value);
	else if (type == TLV_ORGANISATION)
		organisation(value, ret);
}

static struct cur next_tlv(struct cur *frame, unsigned *ret_type)
{
	uint16_t head = cur_be16(frame);

	*ret_type = head >> 9;
	return cur_sub(frame, head & 0x1ff);
}

/* The first three TLVs are these, in this order, each once; else the frame is discarded. */
static bool mandatory(struct cur *frame, struct facts_lldp *ret, unsigned *ret_ttl_s)
{
	unsigned type;
	struct cur value = next_tlv(frame, &type);

	if (type != TLV_CHASSIS_ID || !id_of(value, CHASSIS_MAC, CHASSIS_ADDRESS, ret->chassis_id))
		return false;
	value = next_tlv(frame, &type);
	if (type != TLV_PORT_ID || !id_of(value, PORT_MAC, PORT_ADDRESS, ret->port_id))
		return false;
	value = next_tlv(frame, &type);
	*ret_ttl_s = cur_be16(&value);
	return type == TLV_TTL && !value.short_read && !frame->short_read;
}

bool lldp_parse(const void *frame, size_t n_bytes, struct facts_lldp *ret, unsigned *ret_ttl_s)
{
	struct cur c = cur_of(frame, n_bytes);
	struct facts_lldp found = {0};
	unsigned type = TLV_TTL, ttl_s = 0;

	cur_skip(&c, HEADER_BYTES);
	if (cur_be16(&c) != LLDP_ETHERTYPE || !mandatory(&c, &found, &ttl_s))
		return false;
	/* HW: the end TLV is optional since 2016, and the frame may be padded after it. */
	while (c.left_bytes >= 2 && type != TLV_END) {
		struct cur value = next_tlv(&c, &type);

		if (c.short_read || (type >= TLV_CHASSIS_ID && type <= TLV_TTL))
			return false;
		optional_tlv(type, value, &found);
	}
	*ret = found;
	*ret_ttl_s = ttl_s;
	return true;
}
