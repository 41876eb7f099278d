/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading networks behind relays; see pxe/relayed.h. Input: a line of the operator's configuration.
 */
#include <pxe/relayed.h>

#include <arpa/inet.h>
#include <string.h>
#include <base/str.h>

#define WORD_BYTES 64 /* "255.255.255.255-255.255.255.255/30@255.255.255.255" */
#define BITS_MIN   8
#define BITS_MAX   30

/* The address up to that character, or to the end of the text with '\0'; *p goes on behind it. */
static bool take_address(char **p, char until, uint32_t *ret)
{
	char *end = until ? strchr(*p, until) : *p + strlen(*p);
	struct in_addr a;

	if (!end)
		return false;
	*end = '\0';
	if (inet_pton(AF_INET, *p, &a) != 1)
		return false;
	*ret = ntohl(a.s_addr);
	*p = end + (until != '\0');
	return true;
}

static bool take_bits(const char *text, uint32_t *ret_mask)
{
	unsigned bits = 0;

	if (!*text || strlen(text) > 2 || strspn(text, "0123456789") != strlen(text))
		return false;
	for (; *text; text++)
		bits = bits * 10 + (unsigned)(*text - '0');
	*ret_mask = bits >= BITS_MIN && bits <= BITS_MAX ? UINT32_MAX << (32 - bits) : 0;
	return *ret_mask != 0;
}

static bool is_host(uint32_t address, const struct relayed_network *n)
{
	uint32_t inside = address & ~n->mask;

	return (address & n->mask) == (n->start & n->mask) && inside != 0 && inside != ~n->mask;
}

static const char *wrong_in(const struct relayed_network *n, const relayed_list *before)
{
	if (!is_host(n->start, n) || !is_host(n->end, n))
		return "the range is not inside one network";
	if (n->start > n->end)
		return "the range ends before it starts";
	if (n->router && !is_host(n->router, n))
		return "the router is not in the network";
	if (n->router >= n->start && n->router <= n->end)
		return "the router's address is in the range";
	for (size_t i = 0; i < before->n; i++) {
		uint32_t wider = n->mask & before->items[i].mask;

		if ((n->start & wider) == (before->items[i].start & wider))
			return "it overlaps one before it";
	}
	return NULL;
}

static const char *read_one(char *word, struct relayed_network *ret)
{
	char *at = strchr(word, '@'), *p = word;

	*ret = (struct relayed_network){0};
	if (at) {
		*at++ = '\0';
		if (!take_address(&at, '\0', &ret->router) || ret->router == 0)
			return "the router is not an IPv4 address";
	}
	if (!take_address(&p, '-', &ret->start) || !take_address(&p, '/', &ret->end) ||
	    !take_bits(p, &ret->mask))
		return "write START-END/BITS@ROUTER, as 10.2.0.10-10.2.0.250/24@10.2.0.1";
	return NULL;
}

int relayed_parse(const char *text, relayed_list *ret, struct err *err)
{
	struct sv rest = sv_trim(sv_of(text));

	while (rest.n) {
		struct sv word = sv_split(&rest, ' ');
		struct relayed_network one;
		char copy[WORD_BYTES];

		rest = sv_trim(rest);
		text_print(copy, sizeof(copy), "%.*s", (int)word.n, word.p);
		if (word.n >= sizeof(copy) || ret->n == RELAYED_MAX)
			return err_set(
				err, ERR_CONFIG,
				"[dhcp] relayed has a word that is too long, or more than %d",
				RELAYED_MAX);
		const char *why = read_one(copy, &one);
		why = why ? why : wrong_in(&one, ret);
		if (why)
			return err_set(err, ERR_CONFIG, "[dhcp] relayed: '%.*s': %s", (int)word.n,
				       word.p, why);
		VEC_PUSH(ret, one);
	}
	return 0;
}
