/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and matching profiles. A profile whose match is empty is refused: an empty selector never
 * means everything; a profile for everything writes "*". Input: documents from operators, strings
 * from hosts.
 */
#include "profile.h"

#include <ctype.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/catalogue.h>
#include <images/disk_layout.h>
#include <proto/network.h>
#include <proto/record.h>

#define USER_DATA_MAX     (64 * 1024)
#define SSH_KEYS_MAX      32
#define SSH_KEY_MAX_BYTES 8192

#define LIMIT_S_MAX (30 * 86400)

static const char *const media[] = {"SSD", "HDD", NULL};
static const char *const wipes[] = {"refuse", "consent", NULL};

static const struct field match_fields[] = {
	F_STR(struct profile, "serial", serial, 0, .about = "pattern with * and ?"),
	F_STR(struct profile, "manufacturer", manufacturer, 0, .about = "pattern with * and ?"),
	F_STR(struct profile, "product", product, 0, .about = "pattern with * and ?"),
	F_STR(struct profile, "arch", arch, 0, .about = "x86_64, aarch64, or a pattern"),
	F_STR(struct profile, "mac", mac, 0, .about = "pattern; fits if one of its ports' does"),
	F_END,
};

static const struct field limit_fields[] = {
	F_INT(struct profile, "cpu_s", cpu_s, 0, 0, LIMIT_S_MAX),
	F_INT(struct profile, "memory_s", memory_s, 0, 0, LIMIT_S_MAX),
	F_INT(struct profile, "disk_s", disk_s, 0, 0, LIMIT_S_MAX),
	F_END,
};

static const struct field burn_in_fields[] = {
	F_STR(struct profile, "tier", tier, FIELD_NEEDED, .choices = catalogue_tiers),
	F_GROUP(struct profile, "limits", 0, limit_fields, .about = "seconds; 0: the tier's own"),
	F_END,
};

static const struct field image_fields[] = {
	F_STR(struct profile, "line", line, FIELD_NEEDED),
	F_STR(struct profile, "version", version, 0, .about = "default latest"),
	F_END,
};

static const struct field disk_fields[] = {
	F_STR(struct disk_rule, "serial", serial, 0, .about = "pattern with * and ?"),
	F_STR(struct disk_rule, "wwn", wwn, 0, .about = "pattern with * and ?"),
	F_INT(struct disk_rule, "min_bytes", min_bytes, 0, 0, INT64_MAX),
	F_INT(struct disk_rule, "max_bytes", max_bytes, 0, 0, INT64_MAX),
	F_STR(struct disk_rule, "media", media, 0, .choices = media),
	F_END,
};

/* In place of user data, in documents that were stored. */
static const struct field hidden_fields[] = {
	F_BOOL(struct profile, "set", user_set, 0),
	F_INT(struct profile, "bytes", user_bytes, 0, 0, USER_DATA_MAX),
	F_HEX(struct profile, "sha256", user_sha256, FIELD_NEEDED),
	F_END,
};

static const struct field host_fields[] = {
	F_STR(struct profile, "hostname", hostname, 0,
	      .about = "may hold {short_code}, {serial}, {arch}"),
	F_STR(struct profile, "domain", domain, 0,
	      .about = "\"lab.example.net\": with the host name, the name that is written to "
		       "/etc/hosts; default: none"),
	F_STR(struct profile, "console", console, 0,
	      .about =
		      "serial console, \"ttyS1,115200n8\": of the agent and of the installed system; "
		      "default: the agent's is the first port, the system's the firmware's"),
	F_STR(struct profile, "boot_order", boot_order, 0, .choices = plan_boot_orders,
	      .about = "what UEFI firmware starts first after the installation; default network"),
	F_ARRAY(struct profile, "ssh_authorized_keys", ssh_authorized_keys, 0, SSH_KEYS_MAX,
		.about = "one line of text each"),
	F_JSON(struct profile, "network", network, 0,
	       .about = "links, addresses and rows of hosts; see proto/network.h"),
	F_VIEW(struct profile, "user_data", user_data, 0, USER_DATA_MAX, .sub = hidden_fields,
	       .about =
		       "cloud-init's; with the first line '## template: slipway', {hostname}, {fqdn}, "
		       "{short_code}, {serial} and {arch} are the host's; write-only: answers hold {set, bytes, sha256} in its place, "
		       "which keeps what is stored when it is written back"),
	F_END,
};

const struct field profile_fields[] = {
	F_STR(struct profile, "name", name, FIELD_NEEDED, .about = "letters, digits, . _ -"),
	F_INT(struct profile, "priority", priority, 0, -1000000, 1000000,
	      .about = "the highest that matches counts"),
	F_GROUP(struct profile, "match", FIELD_NEEDED, match_fields, .about = "all of it must fit"),
	F_BOOL(struct profile, "enrol", enrol, 0, .about = "may unknown hosts that fit come in"),
	F_BOOL(struct profile, "auto_approve", auto_approve, 0,
	       .about = "its disk is written without asking a person"),
	F_GROUP(struct profile, "burnin", 0, burn_in_fields),
	F_GROUP(struct profile, "image", 0, image_fields),
	F_OBJ(struct profile, "disk", disk, 0, disk_fields, .about = "exactly one disk must fit"),
	F_JSON(struct profile, "layout", layout, 0,
	       .about = "partitions in place of the image's own; see images/LAYOUT.md"),
	F_STR(struct profile, "wipe", wipe, 0, .choices = wipes,
	      .about = "what becomes of data on the disk; default refuse"),
	F_GROUP(struct profile, "host", 0, host_fields, .about = "of the installed system"),
	F_END,
};

/* ---- what tables cannot say ------------------------------------------------------------------ */

static void check_name(struct json_reader *r, const struct profile *p)
{
	for (const char *c = p->name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			json_reader_fail(r, "name", ERR_INVALID,
					 "a name has letters, digits, . _ - only");
}

static void check_match(struct json_reader *r, const struct profile *p)
{
	if (!p->serial[0] && !p->manufacturer[0] && !p->product[0] && !p->arch[0] && !p->mac[0])
		json_reader_fail(r, "match", ERR_GUARD_SELECTOR,
				 "an empty match selects nothing; write \"serial\": \"*\" for all");
}

static void check_keys(struct json_reader *r, const struct profile *p)
{
	if (json_array_size(p->ssh_authorized_keys) == 0)
		return;
	struct json_reader host = json_reader_sub(r, json_object_get(r->obj, "host"), "host");
	for (size_t i = 0; i < json_array_size(p->ssh_authorized_keys); i++) {
		const char *key = json_string_value(json_array_get(p->ssh_authorized_keys, i));
		if (key && strlen(key) <= SSH_KEY_MAX_BYTES && !strpbrk(key, "\r\n"))
			continue;
		json_reader_fail(&host, "ssh_authorized_keys", ERR_FIELD_TYPE,
				 "each key is one line of text");
		r->status = host.status;
		return;
	}
}

static void check_domain(struct json_reader *r, const struct profile *p)
{
	if (!p->domain[0] || network_domain_is_valid(p->domain))
		return;
	struct json_reader host = json_reader_sub(r, json_object_get(r->obj, "host"), "host");
	json_reader_fail(&host, "domain", ERR_INVALID,
			 "'%.64s' is not a domain: labels of letters, digits and hyphens, up to 63 "
			 "bytes each, and no dot at the end",
			 p->domain);
	r->status = host.status;
}

static void check_console(struct json_reader *r, const struct profile *p)
{
	if (!p->console[0] || console_is_good(p->console))
		return;
	struct json_reader host = json_reader_sub(r, json_object_get(r->obj, "host"), "host");
	json_reader_fail(
		&host, "console", ERR_INVALID,
		"'%s' is not a serial console; write it as the kernel does: ttyS1,115200n8",
		p->console);
	r->status = host.status;
}

/* ---- user data ------------------------------------------------------------------------------- */

json_t *profile_user_data_json(const struct profile *p)
{
	return json_pack("{s:b, s:I, s:s}", "set", 1, "bytes", (json_int_t)p->user_bytes, "sha256",
			 p->user_sha256);
}

static void name_text(struct profile *p)
{
	if (!p->user_data)
		return;
	p->user_bytes = (int64_t)strlen(p->user_data);
	sha256_hex_of(p->user_data, strlen(p->user_data), p->user_sha256);
}

static bool names_one(const char *pattern)
{
	return *pattern && !strpbrk(pattern, "*?");
}

/* An address in a profile for many hosts would be the address of all of them. */
static void check_network(struct json_reader *r, const struct profile *p)
{
	bool many = !names_one(p->serial) && !names_one(p->mac);

	if (!p->network || r->status)
		return;
	r->status = network_check(p->network, many, r->err);
	if (r->status < 0)
		(void)err_wrap(r->err, "host/network");
}

static void check_layout(struct json_reader *r, const struct profile *p)
{
	struct disk_layout *l;
	struct err why = ERR_INIT;

	if (!p->layout || r->status)
		return;
	l = xcalloc(1, sizeof(*l));
	if (disk_layout_parse(p->layout, l, &why) < 0) {
		autofree char *pointer = xasprintf("/layout%s", why.pointer);

		r->status = err_at(&why, pointer);
		if (r->err)
			*r->err = why;
	}
	free(l);
}

int profile_parse(json_t *doc, struct profile *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (!json_is_object(doc))
		return err_set(err, ERR_FIELD_TYPE, "a profile is a JSON object");
	ret->doc = json_incref(doc);
	struct json_reader r = json_reader_root(doc, err);
	TRY(record_decode_in(profile_fields, &r, ret));
	name_text(ret);
	check_name(&r, ret);
	check_match(&r, ret);
	check_keys(&r, ret);
	check_domain(&r, ret);
	check_console(&r, ret);
	check_network(&r, ret);
	check_layout(&r, ret);
	for (char *c = ret->mac; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	ret->has_burn_in = ret->tier[0] != '\0';
	ret->has_image = ret->line[0] != '\0';
	if (!ret->version[0])
		(void)str_copy(ret->version, sizeof(ret->version), "latest");
	ret->wipe_consent = str_eq(ret->wipe, "consent");
	return r.status;
}

void profile_done(struct profile *p)
{
	record_done(profile_fields, p);
	json_decref(p->doc);
	free(p->sealed);
	memset(p, 0, sizeof(*p));
}

/* ---- what it permits ------------------------------------------------------------------------- */

bool profile_arms(const struct profile *p)
{
	return p->auto_approve || p->wipe_consent;
}

/* Each text with its length, so that no two lists of texts give the same bytes. */
static void hash_text(struct sha256 *h, const char *text)
{
	autofree char *length = xasprintf("%zu:", strlen(text));

	sha256_update(h, length, strlen(length));
	sha256_update(h, text, strlen(text));
}

static void hash_keys(struct sha256 *h, const json_t *keys)
{
	size_t i;
	json_t *key;
	autofree char *count = xasprintf("%zu keys", json_array_size(keys));

	hash_text(h, count);
	json_array_foreach (keys, i, key)
		hash_text(h, json_string_value(key) ? json_string_value(key) : "");
}

/* A profile without one keeps the digest that it had before consoles, or domains, were known. */
static void hash_later(struct sha256 *h, const char *name, const char *text)
{
	if (!text[0])
		return;
	if (name)
		hash_text(h, name);
	hash_text(h, text);
}

/* A profile that leaves the network first keeps the digest that it had before the order could be chosen. */
static void hash_boot_order(struct sha256 *h, const char *order)
{
	if (str_eq(order, PLAN_BOOT_DISK))
		hash_text(h, "boot_order=" PLAN_BOOT_DISK);
}

/* A profile without one keeps the digest that it had before these were known. */
static void hash_document(struct sha256 *h, const char *name, const json_t *doc)
{
	autofree char *text = doc ? json_text(doc) : NULL;

	if (!text)
		return;
	if (name)
		hash_text(h, name);
	hash_text(h, text);
}

/* Whoever armed a host that is tested first did not arm one that is not. */
static void hash_burn_in(struct sha256 *h, const struct profile *p)
{
	autofree char *text = p->has_burn_in
				      ? xasprintf("%s %lld %lld %lld", p->tier, (long long)p->cpu_s,
						  (long long)p->memory_s, (long long)p->disk_s)
				      : NULL;

	if (text)
		hash_text(h, text);
}

void profile_digest(const struct profile *p, char ret[static SHA256_HEX_BYTES])
{
	AUTO(sha256) struct sha256 *h = sha256_new();
	uint8_t digest[SHA256_BYTES];
	autofree char *numbers = xasprintf("%lld %lld %d", (long long)p->disk.min_bytes,
					   (long long)p->disk.max_bytes, p->wipe_consent);
	const char *const texts[] = {p->line,        p->has_image ? p->version : "",
				     p->disk.serial, p->disk.wwn,
				     p->disk.media,  numbers,
				     p->hostname,    p->user_sha256};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		hash_text(h, texts[i]);
	hash_keys(h, p->ssh_authorized_keys);
	hash_document(h, NULL, p->network);
	hash_document(h, "layout", p->layout);
	hash_burn_in(h, p);
	hash_later(h, NULL, p->console);
	hash_later(h, "domain", p->domain);
	hash_boot_order(h, p->boot_order);
	sha256_final(h, digest);
	hex_encode(digest, sizeof(digest), ret);
}

/* ---- matching -------------------------------------------------------------------------------- */

static bool fits(const char *pattern, const char *text)
{
	return !pattern[0] || str_glob(pattern, text ? text : "");
}

static bool any_mac_fits(const char *pattern, const char *macs)
{
	if (!pattern[0])
		return true;
	struct sv rest = sv_of(macs ? macs : "");
	while (rest.n > 0) {
		struct sv w = sv_split(&rest, ' ');
		char mac[24];
		if (w.n == 0 || w.n >= sizeof(mac))
			continue;
		memcpy(mac, w.p, w.n);
		mac[w.n] = '\0';
		if (str_glob(pattern, mac))
			return true;
	}
	return false;
}

bool profile_matches(const struct profile *p, const struct profile_subject *s)
{
	return fits(p->serial, s->serial) && fits(p->manufacturer, s->manufacturer) &&
	       fits(p->product, s->product) && fits(p->arch, s->arch) &&
	       any_mac_fits(p->mac, s->macs);
}

int profile_choose(json_t *list, const struct profile_subject *s, struct profile *ret)
{
	size_t i;
	json_t *doc;

	json_array_foreach (list, i, doc) {
		struct err err = ERR_INIT;
		if (profile_parse(doc, ret, &err) >= 0 && profile_matches(ret, s))
			return 1;
		profile_done(ret);
	}
	return 0;
}

/* ---- host names ------------------------------------------------------------------------------ */

static void add_host_text(struct str *s, const char *text)
{
	for (; *text; text++)
		str_addc(s,
			 isalnum((unsigned char)*text) ? (char)tolower((unsigned char)*text) : '-');
}

void profile_hostname(const struct profile *p, const char *short_code, const char *serial,
		      const char *arch, char ret[static 64])
{
	const struct {
		const char *name, *value;
	} words[] = {{"{short_code}", short_code}, {"{serial}", serial}, {"{arch}", arch}};
	const char *t = p->hostname[0] ? p->hostname : "host-{short_code}";
	struct str s;

	str_init(&s, 512);
	while (*t) {
		size_t i = 0;
		while (i < ARRAY_LEN(words) && !str_starts(t, words[i].name))
			i++;
		if (i < ARRAY_LEN(words)) {
			add_host_text(&s, words[i].value);
			t += strlen(words[i].name);
		} else {
			char one[2] = {*t++, '\0'};
			add_host_text(&s, one);
		}
	}
	size_t n = 0;
	for (const char *c = s.p; *c && n < 63; c++)
		if (n > 0 || *c != '-')
			ret[n++] = *c;
	while (n > 0 && ret[n - 1] == '-')
		n--;
	ret[n] = '\0';
	if (n == 0)
		(void)str_copy(ret, 64, "host");
	str_done(&s);
}

void profile_fqdn(const struct profile *p, const char *hostname, char ret[static 254])
{
	ret[0] = '\0';
	if (p->domain[0])
		snprintf(ret, 254, "%.63s.%s", hostname, p->domain);
}
