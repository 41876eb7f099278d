/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line words "slipway.NAME=VALUE"; see options.h. Words of others are passed over, unknown
 * names of ours too: an older agent must boot from a newer server's script and say so on its
 * screen.
 */
#include "options.h"

#include <ctype.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/plan.h>

static bool is_url(const char *v, const char *scheme)
{
	if (!str_starts(v, scheme) || strlen(v) == strlen(scheme))
		return false;
	for (const char *p = v + strlen(scheme); *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-:[]_/", *p))
			return false;
	return true;
}

static bool is_server(const char *v)
{
	return is_url(v, "https://");
}

static bool is_plain(const char *v)
{
	return is_url(v, "http://");
}

static bool is_pin(const char *v)
{
	autofree uint8_t *digest = NULL;
	size_t n_bytes = 0;

	return str_starts(v, "sha256//") &&
	       base64_decode(v + strlen("sha256//"), SHA256_BYTES, &digest, &n_bytes, NULL) == 0 &&
	       n_bytes == SHA256_BYTES;
}

static bool is_id(const char *v)
{
	for (const char *p = v; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return false;
	return *v;
}

static bool is_boot_order(const char *v)
{
	return str_eq(v, PLAN_BOOT_NETWORK) || str_eq(v, PLAN_BOOT_DISK);
}

#define AT(m) offsetof(struct agent_options, m), sizeof(((struct agent_options *)0)->m)
static const struct {
	const char *prefix;
	size_t offset, size;
	bool (*good)(const char *value);
	bool needed;
} words[] = {
	{"slipway.server=", AT(server), is_server, true},
	{"slipway.plain=", AT(plain), is_plain, false},
	{"slipway.pin=", AT(pin), is_pin, true},
	{"slipway.boot=", AT(boot_id), is_id, false},
	{"slipway.boot_order=", AT(boot_order), is_boot_order, false},
};

static int take_word(struct agent_options *ret, const char *word, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *value = word + strlen(words[i].prefix);

		if (!str_starts(word, words[i].prefix))
			continue;
		if (!words[i].good(value) ||
		    !str_copy((char *)ret + words[i].offset, words[i].size, value))
			return err_set(err, ERR_AGENT_CMDLINE, "'%.120s' is not understood", word);
		/* The address is used as a prefix of paths. */
		char *own = (char *)ret + words[i].offset;
		size_t n = strlen(own);
		if (n && own[n - 1] == '/' && !str_starts(own, "sha256//"))
			own[n - 1] = '\0';
		return 0;
	}
	return 0;
}

int agent_options_parse(const char *cmdline, struct agent_options *ret, struct err *err)
{
	struct sv rest = sv_of(cmdline);

	*ret = (struct agent_options){0};
	while (rest.n) {
		struct sv word = sv_trim(sv_split(&rest, ' '));
		autofree char *copy = xstrndup(word.p, word.n);

		TRY(take_word(ret, copy, err));
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].needed && !*((char *)ret + words[i].offset))
			return err_set(err, ERR_AGENT_CMDLINE, "'%s' is missing", words[i].prefix);
	return 0;
}
