/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that a URL of a token must not reach (server-side request forgery). Every address is
 * compared as 16 bytes; an IPv6 form that carries an IPv4 address is judged by that one. Input: the
 * operator's list, URLs of token holders, answers of name servers.
 */
#include "outbound.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <base/cleanup.h>
#include <base/str.h>

#define V4_AT 12 /* where an IPv4 address begins in its mapped form */

static const struct {
	const char *network, *kind;
} refused[] = {
	{"0.0.0.0/8", "this machine"},    {"127.0.0.0/8", "loopback"},
	{"169.254.0.0/16", "link-local"}, {"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "reserved"},      {"::/128", "this machine"},
	{"::1/128", "loopback"},          {"fe80::/10", "link-local"},
	{"fec0::/10", "site-local"},      {"ff00::/8", "multicast"},
	{"2001::/32", "a Teredo tunnel"}, {"64:ff9b:1::/48", "a local NAT64 prefix"},
};

/* IPv6 networks whose addresses carry an IPv4 address, and where it begins in them. */
static const struct {
	const char *network;
	unsigned at;
} carriers[] = {{"::/96", V4_AT}, {"64:ff9b::/96", V4_AT}, {"2002::/16", 2}};

/* ---- networks -------------------------------------------------------------------------------- */

static void map_v4(const uint8_t from[4], uint8_t ret[static 16])
{
	uint8_t v4[4];

	memcpy(v4, from, sizeof(v4)); /* it may lie in ret */
	memset(ret, 0, 10);
	ret[10] = ret[11] = 0xff;
	memcpy(ret + V4_AT, v4, sizeof(v4));
}

static bool parse_network(struct sv word, struct outbound_network *ret)
{
	size_t n_bytes = word.n;
	struct sv address = sv_split(&word, '/');
	char text[INET6_ADDRSTRLEN], number[8] = "";
	uint8_t v4[4];
	int64_t bits;

	if (address.n == 0 || address.n >= sizeof(text) || word.n >= sizeof(number) ||
	    (word.n == 0 && address.n != n_bytes))
		return false;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	memcpy(number, word.p, word.n);
	number[word.n] = '\0';
	bool is_v4 = inet_pton(AF_INET, text, v4) == 1;
	if (is_v4)
		map_v4(v4, ret->bytes);
	else if (inet_pton(AF_INET6, text, ret->bytes) != 1)
		return false;
	bits = is_v4 ? 32 : 128;
	if (number[0] && (!parse_i64(number, &bits) || bits < 0 || bits > (is_v4 ? 32 : 128)))
		return false;
	ret->bits = (unsigned)bits + (is_v4 ? 96 : 0);
	return true;
}

static bool is_in(const struct outbound_network *n, const uint8_t bytes[static 16])
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	if (memcmp(n->bytes, bytes, whole) != 0)
		return false;
	return rest == 0 || ((n->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

static bool is_in_text(const char *network, const uint8_t bytes[static 16])
{
	struct outbound_network n;

	BUG_ON(!parse_network(sv_of(network), &n));
	return is_in(&n, bytes);
}

int outbound_parse(const char *words, struct outbound *ret, struct err *err)
{
	struct sv rest = sv_of(words);

	memset(ret, 0, sizeof(*ret));
	while (rest.n > 0) {
		size_t n = 0;
		while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != ',')
			n++;
		struct sv word = {rest.p, n};
		n += n < rest.n;
		rest = (struct sv){rest.p + n, rest.n - n};
		if (word.n == 0)
			continue;
		if (ret->n_allowed == OUTBOUND_NETWORKS_MAX)
			return err_set(err, ERR_CONFIG, "more than %d networks",
				       OUTBOUND_NETWORKS_MAX);
		if (!parse_network(word, &ret->allowed[ret->n_allowed++]))
			return err_set(err, ERR_CONFIG, "'%.*s' is not an address or ADDRESS/BITS",
				       (int)word.n, word.p);
	}
	return 0;
}

/* ---- one address ----------------------------------------------------------------------------- */

static bool bytes_of(const struct sockaddr *a, uint8_t ret[static 16])
{
	if (a && a->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)a;
		uint8_t v4[4];
		memcpy(v4, &in->sin_addr, sizeof(v4));
		map_v4(v4, ret);
		return true;
	}
	if (!a || a->sa_family != AF_INET6)
		return false;
	memcpy(ret, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
	return true;
}

/* :: and ::1 lie in ::/96 and are addresses of their own. */
static void unwrap(uint8_t bytes[static 16])
{
	if (is_in_text("::/127", bytes))
		return;
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++)
		if (is_in_text(carriers[i].network, bytes)) {
			map_v4(bytes + carriers[i].at, bytes);
			return;
		}
}

static bool is_own(const uint8_t bytes[static 16])
{
	struct ifaddrs *list = NULL;
	bool own = false;

	if (getifaddrs(&list) < 0)
		return true; /* unknown: not reached */
	for (const struct ifaddrs *i = list; i && !own; i = i->ifa_next) {
		uint8_t its[16];
		own = bytes_of(i->ifa_addr, its) && memcmp(its, bytes, sizeof(its)) == 0;
	}
	freeifaddrs(list);
	return own;
}

static const char *kind_of(const uint8_t bytes[static 16])
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (is_in_text(refused[i].network, bytes))
			return refused[i].kind;
	return is_own(bytes) ? "this machine" : NULL;
}

int outbound_check(const struct outbound *o, const struct sockaddr *to, struct err *err)
{
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN] = "";

	if (!bytes_of(to, bytes))
		return err_set(err, ERR_OUTBOUND, "the address is not allowed: not IPv4 or IPv6");
	unwrap(bytes);
	for (size_t i = 0; i < o->n_allowed; i++)
		if (is_in(&o->allowed[i], bytes))
			return 0;
	const char *kind = kind_of(bytes);
	if (!kind)
		return 0;
	bool is_v4 = is_in_text("::ffff:0:0/96", bytes);
	(void)inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes + V4_AT : bytes, text,
			sizeof(text));
	return err_set(err, ERR_OUTBOUND,
		       "address %s (%s) is not allowed; list it in [webhooks] allow if it is meant",
		       text, kind);
}

/* ---- a URL ----------------------------------------------------------------------------------- */

static void cut_host(char *host)
{
	size_t n = strlen(host);

	if (n > 1 && host[n - 1] == '.')
		host[--n] = '\0';
	if (n < 2 || host[0] != '[' || host[n - 1] != ']')
		return;
	memmove(host, host + 1, n - 2);
	host[n - 2] = '\0';
}

/* The host as libcurl reads it: percent-decoded, an address in decimal, octal or hex made plain;
 * without brackets and without the dot of a full name. */
static char *host_of(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *copy = NULL;

	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		copy = xstrdup(host);
	curl_free(host);
	curl_url_cleanup(parts);
	if (copy)
		cut_host(copy);
	return copy;
}

static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t n = strlen(host), own = sizeof(name) - 1;

	return n >= own && strncasecmp(host + n - own, name, own) == 0 &&
	       (n == own || host[n - own - 1] == '.');
}

int outbound_check_url(const struct outbound *o, const char *url, struct err *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	autofree char *host = host_of(url);
	struct addrinfo *list = NULL;
	int r = 0;

	if (!host)
		return err_set(err, ERR_INVALID, "the URL cannot be read");
	if (getaddrinfo(is_localhost(host) ? "127.0.0.1" : host, NULL, &hints, &list) != 0)
		return 0;
	for (const struct addrinfo *a = list; a && r == 0; a = a->ai_next)
		r = outbound_check(o, a->ai_addr, err);
	freeaddrinfo(list);
	return r;
}
