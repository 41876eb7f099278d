/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax of MAC addresses (EUI-48) and UUIDs: the only place that decides what is one. A caller
 * names the notations that its input may have; what comes back is the canonical text, which the
 * store, the plans and the pages use: lower case, "52:54:00:12:34:56" and
 * "01234567-89ab-cdef-0123-456789abcdef". Whether a well-formed id is any good (all zeros, a
 * vendor's example) is not decided here: see inventory/identity.h, placeholder_mac().
 */
#ifndef BASE_HW_ID_H
#define BASE_HW_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <base/str.h>

#define MAC_BYTES      6
#define MAC_TEXT_BYTES 18 /* with the terminating NUL */

enum mac_notation {
	MAC_COLON = 1, /* 52:54:00:12:34:56 */
	MAC_DASH = 2,  /* 52-54-00-12-34-56 (Windows, labels) */
	MAC_DOT = 4,   /* 5254.0012.3456 (switches) */
	MAC_BARE = 8,  /* 525400123456 (labels, bar codes) */
	/* 5254-0012-3456 (Huawei, H3C), 525400-123456 (HPE), both with colons or blanks,
	 * 0x525400123456, and pairs by blanks, dots or underscores */
	MAC_GROUPS = 16,
	MAC_ANY = 31,
};

/* Is the text one MAC address in one of the notations, and nothing else? Either case of the digits
 * is taken. in: hostile; notations: of enum mac_notation. out: ret, canonical; unchanged on false. */
bool hw_mac_parse(struct sv text, unsigned notations, char ret[static MAC_TEXT_BYTES]);
/* The six bytes of the text, or false. */
bool hw_mac_bytes(struct sv text, unsigned notations, uint8_t ret[static MAC_BYTES]);
void hw_mac_print(const uint8_t mac[static MAC_BYTES], char ret[static MAC_TEXT_BYTES]);
/* May it be one station's address: not all zeros, not a group's and not all ones? */
bool hw_mac_is_station(const uint8_t mac[static MAC_BYTES]);

#define UUID_BYTES      16
#define UUID_TEXT_CHARS 36
#define UUID_TEXT_BYTES 37 /* with the terminating NUL */

enum uuid_notation {
	UUID_DASHED = 1, /* 01234567-89ab-cdef-0123-456789abcdef (RFC 9562) */
	UUID_BARE = 2,   /* 0123456789abcdef0123456789abcdef */
	UUID_BRACED = 4, /* {01234567-89ab-cdef-0123-456789abcdef} */
	UUID_ANY = 7,
};

/* Like hw_mac_parse(), for one UUID. in: hostile. */
bool hw_uuid_parse(struct sv text, unsigned notations, char ret[static UUID_TEXT_BYTES]);
/* The sixteen bytes in the order in which they are written. */
bool hw_uuid_bytes(struct sv text, unsigned notations, uint8_t ret[static UUID_BYTES]);
void hw_uuid_print(const uint8_t uuid[static UUID_BYTES], char ret[static UUID_TEXT_BYTES]);

/* The same sixteen bytes with the first three fields in the other byte order, in place.
 * HW: SMBIOS 2.6 stores them little-endian (DSP0134 7.2.1); older firmware, and programs that read
 * it, disagree. */
void hw_uuid_swap_fields(uint8_t uuid[static UUID_BYTES]);

/* A new random one (RFC 9562, version 4). Aborts when the system has no random bytes. */
void uuid_v4(char ret[static UUID_TEXT_BYTES]);

#endif
