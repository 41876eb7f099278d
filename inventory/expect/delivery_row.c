/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one row of a delivery list. Every column is looked at, whatever the others hold, so that a
 * person sees all that is wrong with a row at once. Input: rows from vendors' files and from API
 * callers; hostile.
 */
#include "delivery_row.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <inventory/expect.h>
#include <inventory/identity.h>

#include "delivery_cell.h"
#include "spreadsheet.h"

/* ---- findings -------------------------------------------------------------------------------- */

json_t *delivery_finding(enum err_code code, const char *member, json_t *lines, const char *format,
			 ...)
{
	autostr struct str detail;
	va_list ap;

	str_init(&detail, 4096);
	va_start(ap, format);
	str_addv(&detail, format, ap);
	va_end(ap);
	json_t *f = json_pack("{s:s, s:s}", "code", err_name((int)code), "detail", detail.p);
	if (member) {
		autofree char *pointer = xasprintf("/%.80s", member);
		(void)json_object_set_new(f, "pointer", json_string(pointer));
	}
	if (lines)
		(void)json_object_set_new(f, "lines", lines);
	return f;
}

static void append(json_t **list, json_t *finding)
{
	if (!*list)
		*list = json_array();
	(void)json_array_append_new(*list, finding);
}

void delivery_refuse(struct delivery_row *r, json_t *finding)
{
	append(&r->errors, finding);
}

void delivery_warn(struct delivery_row *r, json_t *finding)
{
	append(&r->warnings, finding);
}

void delivery_change(struct delivery_row *r, const char *member, json_t *was, json_t *is)
{
	if (!r->changes)
		r->changes = json_object();
	if (json_object_get(r->changes, member)) {
		json_decref(was);
		json_decref(is);
		return;
	}
	(void)json_object_set_new(r->changes, member, json_pack("[o, o]", was, is));
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The bytes of a blank, of any width, at the beginning of the text; 0: it is another character. Pages
 * and spreadsheets leave them. */
static size_t blank_length(struct sv t)
{
	static const char *const wide[] = {
		"\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
		"\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u202f", "\u205f", "\u3000"};

	for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
		size_t n = strlen(wide[i]);
		if (t.n >= n && memcmp(t.p, wide[i], n) == 0)
			return n;
	}
	return 0;
}

static size_t blank_at_end(struct sv t)
{
	for (size_t n = 2; n <= 3 && n <= t.n; n++)
		if (blank_length((struct sv){t.p + t.n - n, n}) == n)
			return n;
	return 0;
}

static char *trimmed(const char *text)
{
	struct sv t = sv_trim(sv_of(text));

	for (size_t before = 0; t.n != before;) {
		before = t.n;
		size_t n = blank_length(t);
		t = sv_trim((struct sv){t.p + n, t.n - n});
		t.n -= blank_at_end(t);
		t = sv_trim(t);
	}
	return xstrndup(t.p, t.n);
}

/* Zero-width characters, joiners, marks of direction, byte order marks: U+200B to U+200F, U+2028 to
 * U+202E, U+2060 to U+2064, U+FEFF. Two values that look the same would differ. */
static bool is_invisible(const char *p, size_t n)
{
	const unsigned char *c = (const unsigned char *)p;

	if (n != 3)
		return false;
	if (c[0] == 0xef)
		return c[1] == 0xbb && c[2] == 0xbf;
	if (c[0] != 0xe2 || (c[1] != 0x80 && c[1] != 0x81))
		return false;
	return c[1] == 0x81 ? c[2] >= 0xa0 && c[2] <= 0xa4
			    : (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
}

/* Control characters, invisible ones, spreadsheets' work. true: usable */
static bool check_text(struct delivery_row *r, const struct delivery_column *c, const char *text)
{
	if (strlen(text) > LIMIT_NAME_BYTES) {
		delivery_refuse(r, delivery_finding(ERR_FIELD_RANGE, c->member, NULL,
						    "'%s' has %zu bytes, at most %d are accepted",
						    c->member, strlen(text), LIMIT_NAME_BYTES));
		return false;
	}
	for (const char *p = text; *p;) {
		size_t n = utf8_length(p);
		if (!n || utf8_is_control(p, n) || is_invisible(p, n)) {
			delivery_refuse(r, delivery_finding(ERR_INVALID, c->member, NULL,
							    "'%s' holds a control character or an "
							    "invisible one at byte %zu",
							    c->member, (size_t)(p - text) + 1));
			return false;
		}
		p += n;
	}
	const char *damage = spreadsheet_damage(text, c->damage);
	if (damage)
		delivery_refuse(r, delivery_finding(ERR_SPREADSHEET, c->member, NULL, "%s '%s' %s",
						    c->member, text, damage));
	return !damage;
}

static void warn_placeholder(struct delivery_row *r, const struct delivery_column *c,
			     const char *text)
{
	delivery_warn(r,
		      delivery_finding(ERR_INVALID, c->member, NULL,
				       "%s '%s' is a placeholder and is ignored", c->member, text));
}

/* "N/A", "none", "-"; a letter alone or hexadecimal digits may be what is left of an address. */
static bool means_none(const char *text)
{
	bool letter = false, other = false;

	for (const char *p = text; *p; p++) {
		letter |= isalnum((unsigned char)*p) != 0;
		other |= isalpha((unsigned char)*p) && !isxdigit((unsigned char)*p);
	}
	return placeholder_serial(text) && (other ? text[1] != '\0' : !letter);
}

static const char *mac_reason(const char *text, char folded[static MAC_TEXT_BYTES])
{
	size_t digits = 0, n = strlen(text);

	if (hw_mac_parse(sv_of(text), MAC_ANY, folded))
		return placeholder_mac(folded) ? "is not the address of one network card" : NULL;
	for (size_t i = 0; i < n; i++)
		digits += isxdigit((unsigned char)text[i]) != 0;
	if (digits == n && n >= 6 && n < 12)
		return "has fewer than 12 digits: were leading zeros lost?";
	return "is not a MAC address";
}

static bool check_mac(struct delivery_row *r, const struct delivery_column *c, const char *text,
		      char folded[static MAC_TEXT_BYTES])
{
	if (!check_text(r, c, text))
		return false;
	if (means_none(text)) {
		warn_placeholder(r, c, text);
		return false;
	}
	const char *reason = mac_reason(text, folded);
	if (reason)
		delivery_refuse(
			r, delivery_finding(ERR_INVALID, c->member, NULL, "'%s' %s", text, reason));
	return !reason;
}

static void read_mac(struct delivery_row *r, const struct delivery_column *c, const char *text)
{
	char folded[MAC_TEXT_BYTES];

	if (!check_mac(r, c, text, folded))
		return;
	free(r->text[c->text]);
	r->text[c->text] = xstrdup(folded);
}

static void read_uuid(struct delivery_row *r, const struct delivery_column *c, const char *text)
{
	char folded[UUID_TEXT_BYTES];

	if (!check_text(r, c, text))
		return;
	if (!hw_uuid_parse(sv_of(text), UUID_ANY, folded) || placeholder_uuid(folded)) {
		delivery_refuse(r, delivery_finding(ERR_INVALID, c->member, NULL,
						    "'%s' is not the UUID of one machine", text));
		return;
	}
	free(r->text[c->text]);
	r->text[c->text] = xstrdup(folded);
}

/* Firmware has ASCII alone; a letter of another script, or the blank or dash of a word processor, looks
 * like one and is another. */
static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* NULL, or why a machine has no such serial; a chassis may be called "Chassis 1". */
static const char *machine_reason(const char *text)
{
	char mac[MAC_TEXT_BYTES];

	if (cell_has_words(text))
		return "holds words, which serials do not have";
	/* Twelve digits, in one group or two, may be a serial. */
	const char *mark = strpbrk(text, ":-.");
	if (mark && strpbrk(mark + 1, ":-.") && hw_mac_parse(sv_of(text), MAC_ANY, mac))
		return "is a MAC address: are the headings at their place?";
	if (text[0] == '*' || str_ends(text, "*"))
		return "has the marks of a bar code";
	return NULL;
}

/* NULL, or why the text is not the serial of one machine. */
static const char *serial_reason(const char *text)
{
	if (cell_is_remark(text))
		return "is a remark, a total or a heading, not a serial";
	if (strpbrk(text, ";,") || cell_holds_several(text))
		return "holds several values; a row is one machine";
	if (!strpbrk(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
		return "holds no letter and no digit";
	return is_ascii(text) ? NULL : "holds a letter, a dash or a blank that serials do not have";
}

static void read_text(struct delivery_row *r, const struct delivery_column *c, const char *text)
{
	bool serial = c->text == ROW_SERIAL || c->text == ROW_CHASSIS;

	if (!check_text(r, c, text))
		return;
	if (serial && placeholder_serial(text)) {
		warn_placeholder(r, c, text);
		return;
	}
	const char *reason = serial ? serial_reason(text) : NULL;
	if (!reason && c->text == ROW_SERIAL)
		reason = machine_reason(text);
	if (reason)
		delivery_refuse(r, delivery_finding(ERR_INVALID, c->member, NULL, "%s '%s' %s",
						    c->member, text, reason));
	if (reason && is_ascii(text))
		return;
	/* kept: another row may have the same serial in plain letters */
	free(r->text[c->text]);
	r->text[c->text] = xstrdup(text);
}

static void read_unit(struct delivery_row *r, const struct delivery_column *c, const json_t *j)
{
	int64_t v = json_integer_value(j);
	autofree char *text = json_is_string(j) ? trimmed(json_string_value(j)) : NULL;

	bool many = false;

	if (text && !text[0])
		return;
	if (text && cell_is_empty(text)) {
		warn_placeholder(r, c, text);
		return;
	}
	if (text ? !cell_rack_unit(text, &v, &many) : !json_is_integer(j))
		delivery_refuse(r, delivery_finding(ERR_FIELD_TYPE, c->member, NULL,
						    "'%s' is not a whole number: '%.40s'",
						    c->member, text ? text : ""));
	else if (v < 0 || v > HOST_UNIT_MAX)
		delivery_refuse(r, delivery_finding(ERR_FIELD_RANGE, c->member, NULL,
						    "unit %lld: 0 to %d are accepted", (long long)v,
						    HOST_UNIT_MAX));
	else
		r->unit = v;
	if (many && r->unit >= 0)
		delivery_warn(r, delivery_finding(ERR_INVALID, c->member, NULL,
						  "unit '%s' is several; the lowest, %lld, is kept",
						  text, (long long)v));
}

/* "4" beside one serial are four machines of which three have no row. */
static void read_quantity(struct delivery_row *r, const struct delivery_column *c, const json_t *j)
{
	autofree char *text = json_is_string(j) ? trimmed(json_string_value(j)) : NULL;

	if (text ? !text[0] || cell_is_empty(text) || str_eq(text, "1") || str_eq(text, "1.0") ||
			    str_eq(text, "1.00") || str_eq(text, "1,00") || str_eq(text, "1,0")
		 : json_integer_value(j) == 1)
		return;
	delivery_refuse(r, delivery_finding(ERR_FIELD_RANGE, c->member, NULL,
					    "the row is for '%.40s' machines; each needs a row of "
					    "its own",
					    text ? text : "several"));
}

static void add_mac(struct delivery_row *r, const struct delivery_column *c, const char *text)
{
	char folded[MAC_TEXT_BYTES];

	if (!check_mac(r, c, text, folded))
		return;
	for (size_t i = 0; i < r->n_macs; i++)
		if (str_eq(r->macs[i], folded))
			return;
	r->macs = xrealloc(r->macs, (r->n_macs + 1) * sizeof(*r->macs));
	memcpy(r->macs[r->n_macs++], folded, sizeof(folded));
}

static void read_macs(struct delivery_row *r, const struct delivery_column *c, const json_t *list)
{
	if (!json_is_array(list) || json_array_size(list) > DELIVERY_MACS_MAX) {
		delivery_refuse(
			r, delivery_finding(json_is_array(list) ? ERR_FIELD_RANGE : ERR_FIELD_TYPE,
					    c->member, NULL,
					    "'%s' is a list of at most %d MAC addresses", c->member,
					    DELIVERY_MACS_MAX));
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		autofree char *text = trimmed(json_is_string(j) ? json_string_value(j) : "?");
		add_mac(r, c, text);
	}
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void read_word(struct delivery_row *r, const struct delivery_column *c, const json_t *j)
{
	if (!json_is_string(j)) {
		delivery_refuse(r, delivery_finding(ERR_FIELD_TYPE, c->member, NULL,
						    "'%s' is not a text", c->member));
		return;
	}
	autofree char *text = trimmed(json_string_value(j));
	if (!text[0])
		return;
	if (cell_is_empty(text)) {
		warn_placeholder(r, c, text);
		return;
	}
	if (c->kind == COLUMN_MAC)
		read_mac(r, c, text);
	else if (c->kind == COLUMN_UUID)
		read_uuid(r, c, text);
	else
		read_text(r, c, text);
}

static void read_member(struct delivery_row *r, const struct delivery_column *c, const json_t *j)
{
	if (!j)
		return;
	if (c->kind == COLUMN_UNIT)
		read_unit(r, c, j);
	else if (c->kind == COLUMN_MACS)
		read_macs(r, c, j);
	else if (c->kind == COLUMN_QUANTITY)
		read_quantity(r, c, j);
	else
		read_word(r, c, j);
}

static bool is_known(const char *key)
{
	for (size_t i = 0; i < n_delivery_columns; i++)
		if (str_eq(delivery_columns[i].member, key))
			return true;
	return false;
}

/* A cell that was merged over several rows is in the first alone. */
static void check_place(struct delivery_row *r)
{
	if (r->unit >= 0 && !r->text[ROW_RACK][0])
		delivery_warn(r, delivery_finding(ERR_INVALID, "rack", NULL,
						  "unit %lld has no rack; a cell that was merged "
						  "counts for its first row only",
						  (long long)r->unit));
}

static void check_whole(struct delivery_row *r)
{
	check_place(r);
	if (!r->text[ROW_SERIAL][0] && r->n_macs == 0 && !r->errors)
		delivery_refuse(r, delivery_finding(ERR_FIELD_MISSING, "serial", NULL,
						    "a row needs a serial or a MAC address"));
	for (size_t i = 0; i < r->n_macs; i++)
		if (str_eq(r->macs[i], r->text[ROW_BMC_MAC]))
			delivery_refuse(r, delivery_finding(ERR_INVALID, "bmc_mac", NULL,
							    "'%s' is in 'macs' too", r->macs[i]));
}

void delivery_row_read(struct delivery_row *r, const json_t *obj, const json_t *place,
		       int64_t number)
{
	const char *key;
	json_t *value;

	*r = (struct delivery_row){.line = number, .unit = -1};
	for (size_t i = 0; i < _ROW_TEXTS; i++)
		r->text[i] = xstrdup("");
	if (place) {
		r->line = json_integer_value(json_object_get(place, "line"));
		r->errors = json_deep_copy(json_object_get(place, "errors"));
	}
	if (!json_is_object(obj)) {
		delivery_refuse(
			r, delivery_finding(ERR_FIELD_TYPE, NULL, NULL, "a row is not an object"));
		return;
	}
	json_object_foreach ((json_t *)(uintptr_t)obj, key, value)
		if (str_eq(key, "custom") && json_is_object(value))
			r->custom = json_deep_copy(value);
		else if (!is_known(key))
			delivery_refuse(r, delivery_finding(ERR_FIELD_UNKNOWN, key, NULL,
							    "there is no field '%.80s'", key));
	for (size_t i = 0; i < n_delivery_columns; i++)
		read_member(r, &delivery_columns[i],
			    json_object_get(obj, delivery_columns[i].member));
	check_whole(r);
}

void delivery_row_done(struct delivery_row *r)
{
	for (size_t i = 0; i < _ROW_TEXTS; i++)
		free(r->text[i]);
	free(r->macs);
	json_decref(r->custom);
	json_decref(r->errors);
	json_decref(r->warnings);
	json_decref(r->changes);
	json_decref(r->claims);
}
