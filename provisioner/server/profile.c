/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and matching profiles. A profile whose match is empty is refused: an empty selector never
 * means everything; who wants everything writes "*". Input: documents from operators, strings from
 * hosts.
 */
#include "profile.h"

#include <ctype.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define USER_DATA_MAX (64 * 1024)

static void read_str(struct json_reader *r, const char *key, char *dst, size_t dst_bytes)
{
	const char *text = json_opt_str(r, key, dst_bytes - 1, "");
	(void)str_copy(dst, dst_bytes, text ? text : "");
}

static int parse_match(struct json_reader *parent, struct profile *p)
{
	json_t *obj = json_need_obj(parent, "match");
	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "match");
	read_str(&r, "serial", p->serial, sizeof(p->serial));
	read_str(&r, "manufacturer", p->manufacturer, sizeof(p->manufacturer));
	read_str(&r, "product", p->product, sizeof(p->product));
	read_str(&r, "arch", p->arch, sizeof(p->arch));
	read_str(&r, "mac", p->mac, sizeof(p->mac));
	for (char *c = p->mac; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (r.status == 0 && !p->serial[0] && !p->manufacturer[0] && !p->product[0] &&
	    !p->arch[0] && !p->mac[0])
		json_reader_fail(parent, "match", ERR_GUARD_SELECTOR,
				 "an empty match selects nothing; write \"serial\": \"*\" for all");
	TRY(json_reader_end(&r));
	return parent->status;
}

static int parse_burn_in(struct json_reader *parent, struct profile *p)
{
	json_t *obj = json_opt_obj(parent, "burnin");
	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "burnin");
	const char *tier = json_need_str(&r, "tier", 1, sizeof(p->tier) - 1);
	if (r.status == 0 && !str_eq(tier, "quick") && !str_eq(tier, "standard") &&
	    !str_eq(tier, "acceptance"))
		json_reader_fail(&r, "tier", ERR_FIELD_RANGE,
				 "tier is quick, standard or acceptance");
	(void)str_copy(p->tier, sizeof(p->tier), tier ? tier : "");
	json_t *limits = json_opt_obj(&r, "limits");
	if (limits) {
		struct json_reader l = json_reader_sub(&r, limits, "limits");
		p->cpu_s = json_opt_int(&l, "cpu_s", 0, 30 * 86400, 0);
		p->memory_s = json_opt_int(&l, "memory_s", 0, 30 * 86400, 0);
		p->disk_s = json_opt_int(&l, "disk_s", 0, 30 * 86400, 0);
		TRY(json_reader_end(&l));
	}
	p->has_burn_in = true;
	return json_reader_end(&r);
}

static int parse_image(struct json_reader *parent, struct profile *p)
{
	json_t *obj = json_opt_obj(parent, "image");
	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "image");
	const char *line = json_need_str(&r, "line", 1, sizeof(p->line) - 1);
	const char *version = json_opt_str(&r, "version", sizeof(p->version) - 1, "latest");
	(void)str_copy(p->line, sizeof(p->line), line ? line : "");
	(void)str_copy(p->version, sizeof(p->version), version ? version : "latest");
	p->has_image = true;
	return json_reader_end(&r);
}

static int parse_disk(struct json_reader *parent, struct profile *p)
{
	json_t *obj = json_opt_obj(parent, "disk");
	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "disk");
	read_str(&r, "serial", p->disk.serial, sizeof(p->disk.serial));
	read_str(&r, "wwn", p->disk.wwn, sizeof(p->disk.wwn));
	p->disk.min_bytes = json_opt_int(&r, "min_bytes", 0, INT64_MAX, 0);
	p->disk.max_bytes = json_opt_int(&r, "max_bytes", 0, INT64_MAX, 0);
	read_str(&r, "media", p->disk.media, sizeof(p->disk.media));
	if (r.status == 0 && p->disk.media[0] && !str_eq(p->disk.media, "SSD") &&
	    !str_eq(p->disk.media, "HDD"))
		json_reader_fail(&r, "media", ERR_FIELD_RANGE, "media is SSD or HDD");
	return json_reader_end(&r);
}

static int parse_host(struct json_reader *parent, struct profile *p)
{
	json_t *obj = json_opt_obj(parent, "host");
	if (!obj)
		return parent->status;
	struct json_reader r = json_reader_sub(parent, obj, "host");
	read_str(&r, "hostname", p->hostname, sizeof(p->hostname));
	p->ssh_authorized_keys = json_opt_arr(&r, "ssh_authorized_keys", 32);
	for (size_t i = 0; i < json_array_size(p->ssh_authorized_keys); i++) {
		const char *key = json_string_value(json_array_get(p->ssh_authorized_keys, i));
		if (!key || strlen(key) > 8192 || strpbrk(key, "\r\n"))
			json_reader_fail(&r, "ssh_authorized_keys", ERR_FIELD_TYPE,
					 "each key is one line of text");
	}
	p->user_data = json_opt_str(&r, "user_data", USER_DATA_MAX, "");
	return json_reader_end(&r);
}

int profile_parse(json_t *doc, struct profile *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (!json_is_object(doc))
		return err_set(err, ERR_FIELD_TYPE, "a profile is a JSON object");
	ret->doc = json_incref(doc);
	struct json_reader r = json_reader_root(doc, err);
	const char *name = json_need_str(&r, "name", 1, sizeof(ret->name) - 1);
	for (const char *c = name ? name : ""; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			json_reader_fail(&r, "name", ERR_INVALID,
					 "a name has letters, digits, . _ - only");
	(void)str_copy(ret->name, sizeof(ret->name), name ? name : "");
	ret->priority = json_opt_int(&r, "priority", -1000000, 1000000, 0);
	ret->enrol = json_opt_bool(&r, "enrol", false);
	ret->auto_approve = json_opt_bool(&r, "auto_approve", false);
	const char *wipe = json_opt_str(&r, "wipe", 16, "refuse");
	if (r.status == 0 && !str_eq(wipe, "refuse") && !str_eq(wipe, "consent"))
		json_reader_fail(&r, "wipe", ERR_FIELD_RANGE, "wipe is refuse or consent");
	ret->wipe_consent = str_eq(wipe, "consent");
	TRY(parse_match(&r, ret));
	TRY(parse_burn_in(&r, ret));
	TRY(parse_image(&r, ret));
	TRY(parse_disk(&r, ret));
	TRY(parse_host(&r, ret));
	return json_reader_end(&r);
}

void profile_done(struct profile *p)
{
	json_decref(p->doc);
	memset(p, 0, sizeof(*p));
}

/* ---- matching ----------------------------------------------------------------------------------
 */

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

/* ---- host names
 * ---------------------------------------------------------------------------------- */

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
