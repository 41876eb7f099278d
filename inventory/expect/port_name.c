/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing names of switches and ports; see port_name.h. Input: words from plans and from switches.
 */
#include "port_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <base/hw_id.h>
#include <base/str.h>

/* ---- switches -------------------------------------------------------------------------------- */

static bool same_mac(struct sv a, struct sv b)
{
	uint8_t x[MAC_BYTES], y[MAC_BYTES];

	return hw_mac_bytes(a, MAC_ANY, x) && hw_mac_bytes(b, MAC_ANY, y) &&
	       memcmp(x, y, sizeof(x)) == 0;
}

static bool same_text(struct sv a, struct sv b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* The host's part of a full name; an address in numbers has none. */
static struct sv first_label(struct sv name)
{
	struct sv rest = name, label = sv_split(&rest, '.');

	for (size_t i = 0; i < label.n; i++)
		if (!isdigit((unsigned char)label.p[i]))
			return label;
	return name;
}

/* "sw01" and "sw01.dc1" begin "sw01.dc1.example.net"; an address in numbers is only itself. */
static bool begins_name(struct sv name, struct sv shorter)
{
	if (shorter.n == 0 || shorter.n >= name.n || name.p[shorter.n] != '.')
		return false;
	return first_label(name).n < name.n && same_text((struct sv){name.p, shorter.n}, shorter);
}

/* A full name may end with the root's dot. */
static struct sv switch_name(const char *text)
{
	struct sv name = sv_trim(sv_of(text));

	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

bool port_name_same_switch(const char *a, const char *b)
{
	struct sv x = switch_name(a), y = switch_name(b);

	if (x.n == 0 || y.n == 0)
		return false;
	return same_text(x, y) || same_mac(x, y) || begins_name(x, y) || begins_name(y, x);
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* The spellings of each kind of port, lower-case and without hyphens: in full as the vendors' own
 * systems print them (Cisco IOS, NX-OS and IOS-XR, Arista, Huawei, H3C, Brocade, Dell), then the
 * abbreviations that they print. What is not here is compared by its text: an abbreviation is not
 * told by how it begins, because "ethtrunk" begins like "eth". */
static const char *const kinds[] = {
	" ethernet eth et ",
	" fastethernet fa fas fast fastether fe ",
	" gigabitethernet gi gig gige gigether gigeth ge ",
	" twogigabitethernet twogige tw two ",
	" fivegigabitethernet fivegige fi five ",
	" tengigabitethernet tengige te ten teng tengig tengigether tengigeth xgigabitethernet xge "
	"10ge 10gigabitethernet xgi ",
	" twentyfivegigabitethernet twentyfivegige twe twentyfive twentyfivegig tf 25ge wge "
	"25gigabitethernet ",
	" fortygigabitethernet fortygige fo for forty fortygig fortygige 40ge fge 40gigabitethernet ",
	" fiftygigabitethernet fiftygige fif fifty fiftygig 50ge 50gigabitethernet ",
	" hundredgigabitethernet hundredgige hu hun hundred hundredgig 100ge hge "
	"100gigabitethernet onehundredgigabitethernet onehundredgige ",
	" twohundredgigabitethernet twohundredgige twohundredgig th 200ge 200gigabitethernet ",
	" fourhundredgigabitethernet fourhundredgige fou fourhundredgig fh 400ge "
	"400gigabitethernet ",
	" eighthundredgigabitethernet eighthundredgige eighthundredgig 800ge 800gigabitethernet ",
	" management ma ",
	" mgmteth mg ",
	" mgigabitethernet mge ",
	" appgigabitethernet ap ",
	" portchannel po portch ",
	" bundleether be ",
	" bridgeaggregation bagg ",
	" routeaggregation ragg ",
};
#define SPELLING_MAX 32

/* The kind that a word names, or -1. */
static int kind_of(struct sv word)
{
	char text[SPELLING_MAX + 3] = " ";
	size_t n = 1;

	if (word.n == 0 || word.n > SPELLING_MAX)
		return -1;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] != '-')
			text[n++] = (char)tolower((unsigned char)word.p[i]);
	text[n] = ' ';
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strstr(kinds[i], text))
			return (int)i;
	return -1;
}

/* Letters, digits before them ("10GE"), and hyphens between them ("Ten-GigabitEthernet"). */
static size_t word_length(struct sv text)
{
	size_t digits = 0, n;

	while (digits < text.n && isdigit((unsigned char)text.p[digits]))
		digits++;
	for (n = digits; n < text.n; n++) {
		bool hyphen = text.p[n] == '-' && n > digits && n + 1 < text.n &&
			      isalpha((unsigned char)text.p[n + 1]);
		if (!isalpha((unsigned char)text.p[n]) && !hyphen)
			break;
	}
	return n > digits ? n : 0;
}

/* Split "GigabitEthernet 1/0/3" into its word and its number. */
static struct sv split_word(struct sv *rest)
{
	struct sv word = {rest->p, word_length(*rest)};

	*rest = sv_trim((struct sv){rest->p + word.n, rest->n - word.n});
	return word;
}

/* HW: H3C's description of a port without one of its own is its name and this word. */
static struct sv without_suffix(struct sv name)
{
	static const char suffix[] = " interface";
	size_t n = sizeof(suffix) - 1;

	if (name.n > n && strncasecmp(name.p + name.n - n, suffix, n) == 0)
		name.n -= n;
	return sv_trim(name);
}

/* "Port 12", "Port: 12", as HPE's and Netgear's descriptions have it, is 12. HW: RouterOS puts the
 * bridge that a port is in before it: "bridge/ether2". */
static struct sv without_prefix(struct sv name)
{
	static const char port[] = "port", bridge[] = "bridge";
	size_t n = sizeof(port) - 1;

	if (name.n > n && strncasecmp(name.p, port, n) == 0) {
		size_t at = n;

		while (at < name.n && strchr(" :#", name.p[at]))
			at++;
		if (at < name.n && isdigit((unsigned char)name.p[at]))
			return (struct sv){name.p + at, name.n - at};
	}
	n = sizeof(bridge) - 1;
	const char *slash = memchr(name.p, '/', name.n);
	if (slash && name.n > n && strncasecmp(name.p, bridge, n) == 0)
		return (struct sv){slash + 1, name.n - (size_t)(slash + 1 - name.p)};
	return name;
}

/* HW: Junos names a port by its first logical unit, too: "ge-0/0/3.0" is on "ge-0/0/3". */
static bool is_unit_of(struct sv unit, struct sv port)
{
	static const char *const media[] = {"fe-", "ge-", "mge-", "xe-", "et-"};

	if (unit.n != port.n + 2 || strncmp(unit.p + port.n, ".0", 2) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(media); i++)
		if (port.n > strlen(media[i]) &&
		    strncasecmp(port.p, media[i], strlen(media[i])) == 0)
			return same_text((struct sv){unit.p, port.n}, port);
	return false;
}

/* HW: "eth0" is the management port of SONiC, Cumulus and Arista; "Ethernet0" is SONiC's first. */
static bool is_management(struct sv word, struct sv number)
{
	return word.n == 3 && strncasecmp(word.p, "eth", 3) == 0 && sv_eq_str(number, "0");
}

static bool same_spelling(struct sv x, struct sv y)
{
	struct sv of_x = split_word(&x), of_y = split_word(&y);
	int kind = kind_of(of_x);

	if (x.n == 0 || !same_text(x, y))
		return false;
	if (is_management(of_x, x) || is_management(of_y, y))
		return same_text(of_x, of_y);
	return kind >= 0 && kind == kind_of(of_y);
}

static struct sv plain_name(const char *text)
{
	return without_prefix(without_suffix(sv_trim(sv_of(text))));
}

bool port_name_same_port(const char *a, const char *b)
{
	struct sv x = plain_name(a), y = plain_name(b);

	if (x.n == 0 || y.n == 0)
		return false;
	return same_text(x, y) || same_mac(x, y) || is_unit_of(x, y) || is_unit_of(y, x) ||
	       same_spelling(x, y);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool add_mac_key(struct sv name, struct str *out)
{
	char mac[MAC_TEXT_BYTES];

	if (!hw_mac_parse(name, MAC_ANY, mac))
		return false;
	str_add(out, mac);
	return true;
}

void port_name_switch_key(const char *name, struct str *out)
{
	struct sv label = first_label(switch_name(name));

	if (add_mac_key(switch_name(name), out))
		return;
	for (size_t i = 0; i < label.n; i++)
		if (isalnum((unsigned char)label.p[i]))
			str_addc(out, (char)tolower((unsigned char)label.p[i]));
}

/* The last number of the name, without zeros before it. */
void port_name_port_key(const char *name, struct str *out)
{
	struct sv t = plain_name(name);
	size_t end, start;

	if (add_mac_key(t, out))
		return;
	if (t.n > 2 && memcmp(t.p + t.n - 2, ".0", 2) == 0)
		t.n -= 2;
	for (end = t.n; end > 0 && !isdigit((unsigned char)t.p[end - 1]); end--)
		continue;
	for (start = end; start > 0 && isdigit((unsigned char)t.p[start - 1]); start--)
		continue;
	while (start < end && t.p[start] == '0')
		start++;
	str_addn(out, t.p + start, end - start);
}

/* ---- what the other end does not tell --------------------------------------------------------- */

static bool is_mac(struct sv text)
{
	uint8_t mac[MAC_BYTES];

	return hw_mac_bytes(text, MAC_ANY, mac);
}

static bool is_made_of(struct sv text, const char *characters)
{
	for (size_t i = 0; i < text.n; i++)
		if (!strchr(characters, text.p[i]))
			return false;
	return text.n > 0;
}

bool port_name_tells_switch(const char *wanted, const char *found)
{
	struct sv w = switch_name(wanted), f = switch_name(found);
	static const char address[] = "0123456789.";

	if (is_mac(f) != is_mac(w))
		return !is_mac(f); /* without a name of its own, a switch tells its chassis */
	return is_made_of(w, address) == is_made_of(f, address);
}

/* "1/0/3" is the end of "Gi1/0/3": which kind of port it is was not said. */
static bool is_end_of(struct sv number, struct sv name)
{
	if (number.n == 0 || number.n >= name.n || !is_made_of(number, "0123456789/:."))
		return false;
	const char *at = name.p + name.n - number.n;
	return !isdigit((unsigned char)at[-1]) && !strchr("/:.", at[-1]) &&
	       same_text((struct sv){at, number.n}, number);
}

bool port_name_tells_port(const char *wanted, const char *found)
{
	static const char digits[] = "0123456789";
	struct sv w = plain_name(wanted), f = plain_name(found);

	if (is_mac(f) && !is_mac(w))
		return false;
	if (is_made_of(f, digits) && !is_made_of(w, digits))
		return false; /* the switch's own count of its ports */
	return !is_end_of(w, f) && !is_end_of(f, w);
}
