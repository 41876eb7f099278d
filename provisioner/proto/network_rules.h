/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a network mean together; see network_rules.c.
 */
#ifndef PROTO_NETWORK_RULES_H
#define PROTO_NETWORK_RULES_H

#include <proto/network.h>

bool network_name_is_valid(const char *name);
bool network_mac_is_valid(const char *mac);
/* Letters, digits and . : _ -; also nothing. */
bool network_word_is_valid(const char *word);
/* Printable ASCII; also nothing. */
bool network_text_is_valid(const char *text);

/* errors: ERR_NETWORK, naming the link and the value */
MUST_CHECK int network_rules_check(const struct network *n, struct err *err);

/* Addresses and hosts of rows so far. */
struct network_seen {
	struct network_seen_one {
		uint8_t bytes[16];
		char host[130];
		size_t row;
	} * items;
	size_t n, cap;
};
/* errors: ERR_NETWORK: an address, or a host, that an earlier row has */
MUST_CHECK int network_seen_add(struct network_seen *seen, const struct network *n,
				const json_t *row, size_t i, struct err *err);
void network_seen_free(struct network_seen *seen);

#endif
