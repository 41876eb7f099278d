/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and comparing the names of protected machines; see protected.h. Input: the kernel's files
 * about this machine, an operator's words; what is compared comes from anybody.
 */
#include "protected.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <base/file.h>
#include <base/hw_id.h>
#include <base/log.h>
#include <base/str.h>
#include <inventory/db.h>
#include <inventory/identity.h>

#define SEPARATORS " \t,"

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text + 32);
}

static void push(struct protected *p, const char *text, const char *whose)
{
	struct protected_name n = {.whose = whose};

	(void)str_copy(n.text, sizeof(n.text), text);
	VEC_PUSH(&p->names, n);
}

#define AS_SERIAL (MAC_BARE | MAC_GROUPS)

/* Bare digits and long groups may be a serial as well: such a word counts as both. */
static void add_bare_mac(struct protected *p, struct sv word, const char *whose)
{
	char mac[MAC_TEXT_BYTES];

	if (hw_mac_parse(word, AS_SERIAL, mac) && !placeholder_mac(mac))
		push(p, mac, whose);
}

/* A placeholder UUID or MAC identifies a machine no better than a placeholder serial does. */
static void add_one(struct protected *p, struct sv word, const char *whose)
{
	char text[sizeof(((struct protected_name *)NULL)->text)] = "";
	bool says_nothing;

	if (word.n == 0 || word.n >= sizeof(text))
		return;
	if (hw_uuid_parse(word, UUID_DASHED, text)) {
		says_nothing = placeholder_uuid(text);
	} else if (hw_mac_parse(word, ~(unsigned)AS_SERIAL, text)) {
		says_nothing = placeholder_mac(text);
	} else {
		memcpy(text, word.p, word.n);
		lower(text);
		says_nothing = placeholder_serial(text);
		add_bare_mac(p, word, whose);
	}
	if (!says_nothing)
		push(p, text, whose);
}

void protected_add(struct protected *p, const char *words, const char *whose)
{
	while (*words) {
		size_t n = strcspn(words, SEPARATORS);
		add_one(p, (struct sv){words, n}, whose);
		words += n + strspn(words + n, SEPARATORS);
	}
}

void protected_done(struct protected *p)
{
	VEC_DONE(&p->names);
}

/* ---- this machine ---------------------------------------------------------------------------- */

/* A serial may hold blanks: one line is one name. */
static void add_line(struct protected *p, const char *path)
{
	char line[129];

	file_read_line(path, line, sizeof(line));
	add_one(p, sv_of(line), "this server's");
}

static void add_firmware(struct protected *p, const char *sys_root)
{
	/* not the chassis: blades in one have its serial in common */
	static const char *const files[] = {"product_uuid", "product_serial", "board_serial"};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		autofree char *path = xasprintf("%s/class/dmi/id/%s", sys_root, files[i]);
		add_line(p, path);
	}
}

static void add_macs(struct protected *p, const char *sys_root)
{
	autofree char *dir = xasprintf("%s/class/net", sys_root);
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		autofree char *path = xasprintf("%s/%s/address", dir, e->d_name);
		add_line(p, path);
	}
	if (d)
		(void)closedir(d);
}

/* By what its own agent would show. Not by its addresses: what speaks from one of them is a relay
 * to other machines. */
void protected_add_machine(struct protected *p, const char *sys_root)
{
	add_macs(p, sys_root);
	add_firmware(p, sys_root);
}

/* ---- the store's ----------------------------------------------------------------------------- */

static void add_address(struct protected *p, const struct sockaddr *sa, const char *whose)
{
	char text[INET6_ADDRSTRLEN];
	socklen_t n = sa->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					       : sizeof(struct sockaddr_in6);

	if ((sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
	    getnameinfo(sa, n, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
		add_one(p, sv_of(text), whose);
}

static void add_server(struct protected *p, const char *host)
{
	struct addrinfo *list = NULL;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	int rc = getaddrinfo(host, NULL, &hints, &list);
	if (rc != 0) {
		log_ev(LOG_WARNING, "protected.store", KV("host", host),
		       KV("why", gai_strerror(rc)));
		return;
	}
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		add_address(p, i->ai_addr, "the store's");
	freeaddrinfo(list);
}

/* Any of them may be the one that works after a failover. */
static void add_store(struct protected *p, const char *url)
{
	char host[256];

	for (size_t i = 0; db_server_of(url, i, host, sizeof(host)); i++)
		add_server(p, host);
}

void protected_load(struct protected *p, const char *store_url, const char *words)
{
	protected_add_machine(p, "/sys");
	add_store(p, store_url);
	protected_add(p, words, "protected");
}

/* ---- comparing ------------------------------------------------------------------------------- */

static const struct protected_name *find_text(const struct protected *p, const char *text)
{
	char word[129];

	if (!text || !text[0] || !str_copy(word, sizeof(word), text))
		return NULL;
	lower(word);
	for (size_t i = 0; i < p->names.n; i++)
		if (str_eq(p->names.items[i].text, word))
			return &p->names.items[i];
	return NULL;
}

static const struct protected_name *find_macs(const struct protected *p, const char *macs)
{
	struct sv rest = sv_of(macs ? macs : "");
	const struct protected_name *found = NULL;

	while (rest.n > 0 && !found) {
		struct sv one = sv_split(&rest, ' ');
		autofree char *mac = xstrndup(one.p, one.n);
		found = find_text(p, mac);
	}
	return found;
}

/* BIOS and iPXE disagree about the order of the first three groups' bytes. */
static const struct protected_name *find_uuid(const struct protected *p, const char *uuid)
{
	uint8_t bytes[UUID_BYTES];
	char swapped[UUID_TEXT_BYTES];
	const struct protected_name *found = find_text(p, uuid);

	if (found || !uuid || !hw_uuid_bytes(sv_of(uuid), UUID_DASHED, bytes))
		return found;
	hw_uuid_swap_fields(bytes);
	hw_uuid_print(bytes, swapped);
	return find_text(p, swapped);
}

const struct protected_name *protected_find(const struct protected *p,
					    const struct protected_subject *s)
{
	const struct protected_name *found = find_macs(p, s->macs);

	if (!found)
		found = find_uuid(p, s->uuid);
	for (size_t i = 0; i < ARRAY_LEN(s->serials) && !found; i++)
		found = find_text(p, s->serials[i]);
	return found ? found : find_text(p, s->address);
}

int protected_check(const struct protected *p, const struct protected_subject *s, struct err *err)
{
	const struct protected_name *n = protected_find(p, s);

	return n ? err_set(err, ERR_GUARD_SELF, "'%s' is %s", n->text, n->whose) : 0;
}
