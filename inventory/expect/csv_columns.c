/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A heading means a member by its letters and digits alone: "Serial Number", "SERIAL_NUMBER" and
 * "serialnumber" are one. Columns that mean nothing here are ignored and listed. Input: the first
 * line of vendors' files.
 */
#include "csv_columns.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <base/json.h>

/* The plain letter of one with an accent, U+00C0 to U+00FF; '*': it is a sign. */
static char plain_letter(const char *text)
{
	static const char plain[] =
		"aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo*ouuuuyty";
	unsigned char second = (unsigned char)text[1];

	return text[0] == '\xc3' && second >= 0x80 && second < 0xc0 ? plain[second - 0x80] : '*';
}

/* "NIC 1 MAC" is macs, like "mac": *ret_numbered says that there may be several. "iLO 5 MAC" is
 * bmc_mac. */
static void fold(const char *heading, char *ret, size_t ret_bytes, bool *ret_numbered)
{
	size_t n = 0;

	*ret_numbered = false;
	for (; *heading; heading++) {
		char c = (unsigned char)*heading < 0x80 ? *heading : plain_letter(heading);
		*ret_numbered |= isdigit((unsigned char)c) != 0;
		if (isalpha((unsigned char)c) && n + 1 < ret_bytes)
			ret[n++] = (char)tolower((unsigned char)c);
	}
	ret[n] = '\0';
}

static bool in_words(const char *words, const char *one)
{
	struct sv rest = sv_of(words);

	while (rest.n > 0)
		if (sv_eq_str(sv_split(&rest, ' '), one))
			return true;
	return false;
}

static const struct delivery_column *column_by_key(const char *key, bool numbered)
{
	char member[80];
	bool ignored;

	for (size_t i = 0; i < n_delivery_columns; i++) {
		const struct delivery_column *c = &delivery_columns[i];
		fold(c->member, member, sizeof(member), &ignored);
		if (numbered && c->kind != COLUMN_MACS && c->kind != COLUMN_MAC)
			continue;
		if (str_eq(key, member) || in_words(c->synonyms, key))
			return c;
	}
	return NULL;
}

/* "eth0 MAC (port 1)", "MAC LAN2", "Mgmt port MAC addr.": a MAC address and words that say of which
 * network card. Another word ("switch MAC", "MAC of the chassis") may be another thing. */
static const struct delivery_column *column_of_mac(const char *heading)
{
	static const char of_host[] =
		"mac macs address addr addresses id nic lan lom eth ethernet port pxe boot onboard embedded "
		"integrated network adapter card server host system node primary secondary first "
		"second os interface ocp slot adresse adresses adressen adr direccion indirizzo de du "
		"gbe g data dpu mellanox connectx intel broadcom ";
	static const char of_bmc[] =
		"bmc ipmi idrac ilo xcc imm cimc irmc oob mgmt management gestion verwaltung";
	bool mac = false, bmc = false;
	char word[24];

	while (*heading) {
		size_t n = 0;
		for (; isalpha((unsigned char)*heading) && n + 1 < sizeof(word); heading++)
			word[n++] = (char)tolower((unsigned char)*heading);
		word[n] = '\0';
		heading += n == 0;
		mac |= str_starts(word, "mac");
		bmc |= n > 0 && in_words(of_bmc, word);
		if (n > 0 && !in_words(of_bmc, word) && !in_words(of_host, word))
			return NULL;
	}
	return mac ? column_by_key(bmc ? "bmcmac" : "macs", true) : NULL;
}

/* What stands in brackets explains: "Serial (S/N)". */
static const struct delivery_column *column_of(const char *heading, bool *ret_numbered)
{
	char key[80], plain[160];
	const struct delivery_column *c;
	size_t n = 0;
	int depth = 0;

	fold(heading, key, sizeof(key), ret_numbered);
	if ((c = column_by_key(key, *ret_numbered)) || (c = column_of_mac(heading)))
		return c;
	for (const char *p = heading; *p && n + 1 < sizeof(plain); p++) {
		depth += *p == '(' || *p == '[';
		if (depth == 0)
			plain[n++] = *p;
		depth -= depth > 0 && (*p == ')' || *p == ']');
	}
	plain[n] = '\0';
	fold(plain, key, sizeof(key), ret_numbered);
	return n > 0 ? column_by_key(key, *ret_numbered) : NULL;
}

#define CUSTOM_PREFIX "custom."

/* A field that people defined, by its own name: whether there is one the import finds out. */
static bool take_custom(struct csv_columns *ret, const char *heading, json_t *read_as)
{
	char name[CUSTOM_NAME_BYTES_MAX + 1] = "";
	size_t n = strlen(CUSTOM_PREFIX);

	if (strncasecmp(heading, CUSTOM_PREFIX, n) != 0 ||
	    !str_copy(name, sizeof(name), heading + n) || !name[0])
		return false;
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	memcpy(ret->custom[ret->n], name, sizeof(name));
	autofree char *member = xasprintf(CUSTOM_PREFIX "%s", name);
	(void)json_object_set_new(json_object_get(read_as, "columns"), heading,
				  json_string(member));
	return true;
}

static void take(struct csv_columns *ret, const char *heading, json_t *read_as,
		 struct str *problems)
{
	bool numbered = false, twice = false;
	const struct delivery_column *c = heading[0] ? column_of(heading, &numbered) : NULL;

	if (take_custom(ret, heading, read_as)) {
		ret->n_nameless = 0;
		ret->of[ret->n++] = NULL;
		return;
	}
	for (size_t i = 0; c && !(numbered && c->kind == COLUMN_MACS) && i < ret->n; i++)
		twice |= ret->of[i] == c;
	if (twice) {
		str_add(problems, problems->n_bytes ? "; " : "");
		str_addf(problems, "column '%.60s' means '%s', which is there already", heading,
			 c->member);
	}
	ret->of[ret->n++] = c;
	ret->n_nameless = heading[0] ? 0 : ret->n_nameless + 1;
	if (c)
		(void)json_object_set_new(json_object_get(read_as, "columns"), heading,
					  json_string(c->member));
	else
		(void)json_array_append_new(json_object_get(read_as, "ignored_columns"),
					    json_string(heading));
}

static bool has_identity(const struct csv_columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->of[i] && (c->of[i]->kind == COLUMN_MACS || c->of[i]->text == ROW_SERIAL))
			return true;
	return false;
}

int csv_columns_find(const json_t *headings, struct csv_columns *ret, int64_t line, json_t *read_as,
		     struct err *err)
{
	autostr struct str problems;

	*ret = (struct csv_columns){0};
	str_init(&problems, 4096);
	if (json_array_size(headings) > CSV_COLUMNS_MAX)
		return err_set(err, ERR_CSV, "line %lld: %zu columns, at most %d are accepted",
			       (long long)line, json_array_size(headings), CSV_COLUMNS_MAX);
	(void)json_object_set_new(read_as, "columns", json_object());
	(void)json_object_set_new(read_as, "ignored_columns", json_array());
	for (size_t i = 0; i < json_array_size(headings); i++)
		take(ret, json_string_value(json_array_get(headings, i)), read_as, &problems);
	if (problems.n_bytes)
		return err_set(err, ERR_CSV, "line %lld: %s", (long long)line, problems.p);
	if (!has_identity(ret)) {
		autofree char *found = json_text(headings);
		return err_set(err, ERR_CSV,
			       "line %lld: expected a column 'serial' or 'mac' among the "
			       "headings, found %.200s",
			       (long long)line, found);
	}
	return 0;
}
