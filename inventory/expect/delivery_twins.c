/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one list that share a value which only one machine can have. All of them are refused, each
 * naming the others: nothing tells which one is right. Pure.
 */
#include "delivery_row.h"

#include <ctype.h>
#include <string.h>

#include <base/json.h>

#include "../hosts/evidence.h"
#include "port_name.h"

#define LINES_NAMED 20

struct delivery_twins {
	json_t *rows; /* {key: [row index, ...]} */
};

enum twin {
	TWIN_SERIAL,
	TWIN_MAC,
	TWIN_BMC_MAC,
	TWIN_UUID,
	TWIN_ASSET_TAG,
	TWIN_NAME,
	TWIN_PLACE,
	TWIN_PORT,
	TWIN_HOST,
	_TWIN_MAX
};

static const struct {
	const char *prefix; /* of keys; MAC addresses are one space, whatever has them */
	const char *member;
	bool warns; /* a breakout cable gives several hosts one port */
} twins[] = {
	[TWIN_SERIAL] = {"serial", "serial", false},
	[TWIN_MAC] = {"mac", "macs", false},
	[TWIN_BMC_MAC] = {"mac", "bmc_mac", false},
	[TWIN_UUID] = {"uuid", "uuid", false},
	[TWIN_ASSET_TAG] = {"asset", "asset_tag", false},
	[TWIN_NAME] = {"name", "name", false},
	[TWIN_PLACE] = {"place", "unit", false},
	[TWIN_PORT] = {"port", "port", true},
	[TWIN_HOST] = {"host", NULL, false}, /* one row by its serial, the other by its MAC */
};

struct delivery_twins *delivery_twins_new(void)
{
	struct delivery_twins *t = xcalloc(1, sizeof(*t));

	t->rows = json_object();
	return t;
}

void delivery_twins_free(struct delivery_twins *t)
{
	if (!t)
		return;
	json_decref(t->rows);
	free(t);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The bytes of a blank or a dash as word processors write them, and what they stand for. */
static size_t typographic(const char *text, char *ret)
{
	bool dash = str_starts(text, "\xe2\x80") && text[2] >= '\x90' && text[2] <= '\x95';

	*ret = dash || str_starts(text, "\xe2\x88\x92") ? '-' : ' ';
	if (*ret == '-')
		return 3;
	return *text == ' ' ? 1 : str_starts(text, "\xc2\xa0") ? 2 : 0;
}

/* Case does not count, nor do blanks, the kind of dash, and zeros before a number: spreadsheets
 * drop them. */
static void add_folded(struct str *key, const char *text)
{
	if (text[0] && strspn(text, "0123456789") == strlen(text))
		while (text[0] == '0' && text[1])
			text++;
	while (*text) {
		char stands_for;
		size_t n = typographic(text, &stands_for);
		if (n == 0)
			str_addc(key, (char)tolower((unsigned char)*text));
		else if (stands_for != ' ')
			str_addc(key, stands_for);
		text += n ? n : 1;
	}
	str_addc(key, '\x1f');
}

/* The k-th value of a kind: false when there are no more. */
static bool key_of(const struct delivery_row *r, enum twin kind, size_t k, struct str *key)
{
	static const int texts[_TWIN_MAX] = {[TWIN_SERIAL] = ROW_SERIAL,
					     [TWIN_BMC_MAC] = ROW_BMC_MAC,
					     [TWIN_UUID] = ROW_UUID,
					     [TWIN_ASSET_TAG] = ROW_ASSET_TAG,
					     [TWIN_NAME] = ROW_NAME};

	str_clear(key);
	str_addf(key, "%s\x1f", twins[kind].prefix);
	if (kind == TWIN_MAC) {
		if (k < r->n_macs)
			add_folded(key, r->macs[k]);
		return k < r->n_macs;
	}
	if (k > 0)
		return false;
	if (kind == TWIN_PLACE) {
		add_folded(key, r->text[ROW_SITE]);
		add_folded(key, r->text[ROW_RACK_ROW]);
		add_folded(key, r->text[ROW_RACK]);
		str_add_i64(key, r->unit);
		return r->unit >= 0 && r->text[ROW_RACK][0];
	}
	if (kind == TWIN_HOST) {
		str_add_i64(key, r->host_num);
		return r->host_num != 0;
	}
	if (kind == TWIN_PORT) {
		port_name_switch_key(r->text[ROW_SWITCH], key);
		str_addc(key, '\x1f');
		port_name_port_key(r->text[ROW_PORT], key);
		return r->text[ROW_PORT][0] && r->text[ROW_SWITCH][0];
	}
	if (kind == TWIN_UUID && r->text[ROW_UUID][0]) {
		char folded[UUID_TEXT_BYTES]; /* in whichever byte order a list has it */
		evidence_fold_uuid(r->text[ROW_UUID], folded);
		add_folded(key, folded);
		return true;
	}
	add_folded(key, r->text[texts[kind]]);
	return r->text[texts[kind]][0];
}

void delivery_twins_note(struct delivery_twins *t, const struct delivery_row *rows, size_t i)
{
	autostr struct str key;

	str_init(&key, 4096);
	for (enum twin kind = 0; kind < _TWIN_MAX; kind++)
		for (size_t k = 0; key_of(&rows[i], kind, k, &key); k++) {
			json_t *list = json_object_get(t->rows, key.p);
			if (!list) {
				list = json_array();
				(void)json_object_set_new(t->rows, key.p, list);
			}
			(void)json_array_append_new(list, json_integer((json_int_t)i));
		}
}

/* ---- judging --------------------------------------------------------------------------------- */

static bool folds_alike(const char *a, const char *b)
{
	autostr struct str x, y;

	str_init(&x, 4096);
	str_init(&y, 4096);
	add_folded(&x, a);
	add_folded(&y, b);
	return str_eq(x.p, y.p);
}

/* One port, however its switch and the port itself are written. */
static bool is_one_port(const struct delivery_row *a, const struct delivery_row *b)
{
	return (folds_alike(a->text[ROW_SWITCH], b->text[ROW_SWITCH]) ||
		port_name_same_switch(a->text[ROW_SWITCH], b->text[ROW_SWITCH])) &&
	       (folds_alike(a->text[ROW_PORT], b->text[ROW_PORT]) ||
		port_name_same_port(a->text[ROW_PORT], b->text[ROW_PORT]));
}

/* Nodes of one chassis share its rack units. Rows with one key may name two ports. */
static bool may_share(enum twin kind, const struct delivery_row *a, const struct delivery_row *b)
{
	if (kind == TWIN_PORT)
		return !is_one_port(a, b);
	return kind == TWIN_PLACE && a->text[ROW_CHASSIS][0] &&
	       str_eq(a->text[ROW_CHASSIS], b->text[ROW_CHASSIS]);
}

static void show_value(const struct delivery_row *r, enum twin kind, size_t k, struct str *out)
{
	if (kind == TWIN_MAC)
		str_addf(out, "MAC address '%s'", r->macs[k]);
	else if (kind == TWIN_BMC_MAC)
		str_addf(out, "MAC address '%s'", r->text[ROW_BMC_MAC]);
	else if (kind == TWIN_HOST)
		str_addf(out, "host %s", r->host_code);
	else if (kind == TWIN_PLACE)
		str_addf(out, "rack '%s' unit %lld", r->text[ROW_RACK], (long long)r->unit);
	else if (kind == TWIN_PORT)
		str_addf(out, "switch '%s' port '%s'", r->text[ROW_SWITCH], r->text[ROW_PORT]);
	else
		str_addf(out, "%s '%s'", twins[kind].member,
			 r->text[kind == TWIN_SERIAL      ? ROW_SERIAL
				 : kind == TWIN_UUID      ? ROW_UUID
				 : kind == TWIN_ASSET_TAG ? ROW_ASSET_TAG
							  : ROW_NAME]);
}

static void judge_value(struct delivery_row *rows, size_t i, enum twin kind, size_t k,
			const json_t *others)
{
	autostr struct str text;
	json_t *lines = json_array();
	size_t n = 0;

	str_init(&text, 4096);
	show_value(&rows[i], kind, k, &text);
	str_add(&text, " is also on line");
	for (size_t o = 0; o < json_array_size(others); o++) {
		size_t other = (size_t)json_integer_value(json_array_get(others, o));
		if (other == i || may_share(kind, &rows[i], &rows[other]))
			continue;
		if (n++ >= LINES_NAMED)
			continue;
		(void)json_array_append_new(lines, json_integer(rows[other].line));
		str_addf(&text, "%s%lld", n == 1 ? " " : ", ", (long long)rows[other].line);
		if (kind == TWIN_SERIAL &&
		    !str_eq(rows[i].text[ROW_SERIAL], rows[other].text[ROW_SERIAL]))
			str_addf(&text, " (as '%s')", rows[other].text[ROW_SERIAL]);
	}
	if (n > LINES_NAMED)
		str_addf(&text, " and %zu more", n - LINES_NAMED);
	if (n == 0) {
		json_decref(lines);
		return;
	}
	json_t *f = delivery_finding(ERR_ROW_TWICE, twins[kind].member, lines, "%s", text.p);
	twins[kind].warns ? delivery_warn(&rows[i], f) : delivery_refuse(&rows[i], f);
}

void delivery_twins_judge(struct delivery_twins *t, struct delivery_row *rows, size_t i)
{
	autostr struct str key;

	str_init(&key, 4096);
	for (enum twin kind = 0; kind < _TWIN_MAX; kind++)
		for (size_t k = 0; key_of(&rows[i], kind, k, &key); k++) {
			const json_t *others = json_object_get(t->rows, key.p);
			if (json_array_size(others) > 1)
				judge_value(rows, i, kind, k, others);
		}
}

const struct delivery_row *delivery_twins_of_host(const struct delivery_twins *t,
						  const struct delivery_row *rows, int64_t host_num)
{
	autofree char *key = xasprintf("%s\x1f%lld", twins[TWIN_HOST].prefix, (long long)host_num);
	const json_t *first = json_array_get(json_object_get(t->rows, key), 0);

	return first ? &rows[json_integer_value(first)] : NULL;
}
