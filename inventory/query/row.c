/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as text: JSON straight from columns, without building documents, because exports are
 * measured in rows per second. Input: values from machines; escaped for JSON, CSV and spreadsheets.
 */
#include "row.h"
#include "custom_field.h"

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/csv_cell.h>
#include <base/json.h>

/* ---- shape ----------------------------------------------------------------------------------- */

static bool covers(struct sv wanted, const char *name)
{
	return strncmp(name, wanted.p, wanted.n) == 0 &&
	       (name[wanted.n] == '\0' || name[wanted.n] == '.');
}

static bool is_wanted(const char *fields, const char *name)
{
	struct sv rest = sv_of(fields);

	while (rest.n > 0)
		if (covers(sv_split(&rest, ','), name))
			return true;
	return false;
}

static bool in_words(const char *words, struct sv one)
{
	struct sv rest = sv_of(words ? words : "");

	while (rest.n > 0)
		if (sv_eq(sv_split(&rest, ' '), one))
			return true;
	return false;
}

static int check_names(const struct collection *c, const char *fields, struct err *err)
{
	struct sv rest = sv_of(fields);

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		bool known = one.n > 0 && in_words(c->brief_members, one);
		for (size_t i = 0; i < c->n_fields && !known && one.n > 0; i++)
			known = covers(one, c->fields[i].name);
		known = known || custom_field_find(c, one.p, one.n);
		if (known)
			continue;
		int r = err_set(err, ERR_FIELD_UNKNOWN, "there is no field '%.*s'",
				(int)(one.n < 80 ? one.n : 80), one.p);
		(void)err_at(err, "/fields");
		return r;
	}
	return 0;
}

/* Fields that people defined are shown together as "custom", or those that are asked for. */
static void add_custom(struct shape *sh, const char *fields)
{
	struct sv rest = sv_of(fields ? fields : "");

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');
		const struct collection_field *f = custom_field_find(sh->c, one.p, one.n);
		if (f && sh->n < SHAPE_FIELDS_MAX)
			sh->fields[sh->n++] = f;
	}
}

int shape_parse(const struct collection *c, const char *fields, struct shape *ret, struct err *err)
{
	*ret = (struct shape){.c = c};
	if (fields && fields[0])
		TRY(check_names(c, fields, err));
	else
		fields = NULL;
	for (size_t i = 0; i < c->n_fields && ret->n < SHAPE_FIELDS_MAX; i++)
		if (!fields || is_wanted(fields, c->fields[i].name))
			ret->fields[ret->n++] = &c->fields[i];
	add_custom(ret, fields);
	ret->brief = c->brief && !fields;
	struct sv rest = sv_of(c->brief_members && fields ? c->brief_members : "");
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		autofree char *name = xstrndup(one.p, one.n);
		if (!is_wanted(fields, name))
			continue;
		char *before = ret->brief_members;
		ret->brief_members = xasprintf("%s %s", before ? before : "", name);
		free(before);
		ret->brief = true;
	}
	return 0;
}

/* Columns that one name of fields= means, appended once each. */
static void append_asked(struct shape *sh, struct sv asked)
{
	for (size_t i = 0; i < sh->c->n_fields && sh->n < SHAPE_FIELDS_MAX; i++) {
		bool there = !covers(asked, sh->c->fields[i].name);
		for (size_t k = 0; k < sh->n && !there; k++)
			there = sh->fields[k] == &sh->c->fields[i];
		if (!there)
			sh->fields[sh->n++] = &sh->c->fields[i];
	}
	const struct collection_field *custom = custom_field_find(sh->c, asked.p, asked.n);
	if (custom && sh->n < SHAPE_FIELDS_MAX)
		sh->fields[sh->n++] = custom;
	struct sv rest = sv_of(sh->c->brief_members ? sh->c->brief_members : "");
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		bool there = !sv_eq(one, asked) || sh->n_members == SHAPE_MEMBERS_MAX ||
			     sh->n == SHAPE_FIELDS_MAX;
		for (size_t k = 0; k < sh->n_members && !there; k++)
			there = sv_eq_str(one, sh->members[k].name);
		if (there)
			continue;
		struct collection_field *f = &sh->members[sh->n_members++];
		*f = (struct collection_field){xstrndup(one.p, one.n), NULL, COLLECTION_JSON, 0,
					       ""};
		sh->fields[sh->n++] = f;
	}
}

void shape_for_csv(struct shape *sh, const char *fields)
{
	struct sv rest = sv_of(fields ? fields : "");

	sh->brief = false;
	if (rest.n > 0)
		sh->n = 0;
	while (rest.n > 0)
		append_asked(sh, sv_split(&rest, ','));
	sh->brief = sh->n_members > 0;
}

void shape_done(struct shape *sh)
{
	for (size_t i = 0; i < sh->n_members; i++)
		free((char *)(uintptr_t)sh->members[i].name);
	free(sh->brief_members);
}

void shape_columns(struct sql *s, const struct shape *sh)
{
	for (size_t i = 0; i < sh->n; i++) {
		if (!sh->fields[i]->column)
			continue;
		str_add(&s->text, ", ");
		sql_add(s, sh->fields[i]->column);
	}
	if (sh->brief) {
		str_add(&s->text, ", ");
		sql_add(s, s->at_us && sh->c->brief_at ? sh->c->brief_at : sh->c->brief);
	}
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool is_unknown(const struct db_rows *rows, int column, const struct collection_field *f)
{
	if (db_is_null(rows, column))
		return true;
	return (f->type == COLLECTION_TEXT || f->type == COLLECTION_JSON) &&
	       db_text(rows, column)[0] == '\0';
}

static void add_value(const struct db_rows *rows, int column, const struct collection_field *f,
		      struct str *out)
{
	char time[TIME_TEXT_BYTES];

	switch (f->type) {
	case COLLECTION_TEXT:
		str_addc(out, '"');
		str_add_json(out, db_text(rows, column));
		str_addc(out, '"');
		return;
	case COLLECTION_INT:
		str_add_i64(out, db_int(rows, column));
		return;
	case COLLECTION_TIME:
		time_rfc3339(db_int(rows, column), time);
		str_addc(out, '"');
		str_add(out, time);
		str_addc(out, '"');
		return;
	case COLLECTION_BOOL:
		str_add(out, db_int(rows, column) ? "true" : "false");
		return;
	case COLLECTION_JSON:
		str_add(out, db_text(rows, column));
		return;
	}
}

static void add_brief(const char *brief, const char *members, struct str *out)
{
	if (!brief[0])
		return;
	if (!members) {
		str_addc(out, ',');
		str_add(out, brief);
		return;
	}
	autofree char *text = xasprintf("{%s}", brief);
	autojson json_t *doc = json_loads(text, 0, NULL);
	struct sv rest = sv_of(members);
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		autofree char *name = xstrndup(one.p, one.n);
		json_t *value = one.n ? json_object_get(doc, name) : NULL;
		autofree char *value_text = value ? json_text(value) : NULL;
		if (value_text)
			str_addf(out, ",\"%s\":%s", name, value_text);
	}
}

/* Fields "a.b" in a row become one object; members of one object stand together in the table. */
struct nesting {
	char open[32];
	bool any, any_inside;
};

static void leave(struct nesting *n, struct str *out)
{
	if (n->open[0])
		str_addc(out, '}');
	n->open[0] = '\0';
}

static const char *enter(struct nesting *n, const char *name, struct str *out)
{
	const char *dot = strchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : 0;

	if (n->open[0] && (strlen(n->open) != len || memcmp(n->open, name, len) != 0))
		leave(n, out);
	if (len && !n->open[0]) {
		str_addf(out, "%s\"%.*s\":{", n->any ? "," : "", (int)len, name);
		(void)snprintf(n->open, sizeof(n->open), "%.*s", (int)len, name);
		n->any = true;
		n->any_inside = false;
	}
	bool *any = len ? &n->any_inside : &n->any;
	if (*any)
		str_addc(out, ',');
	*any = true;
	return dot ? dot + 1 : name;
}

void row_json(const struct db_rows *rows, int first, const struct shape *sh,
	      const struct query_extra *extra, int64_t num, struct str *out)
{
	struct nesting nesting = {0};

	str_addc(out, '{');
	for (size_t i = 0; i < sh->n; i++) {
		int column = first + (int)i;
		if (is_unknown(rows, column, sh->fields[i]))
			continue;
		const char *name = enter(&nesting, sh->fields[i]->name, out);
		str_addc(out, '"');
		str_add(out, name);
		str_addn(out, "\":", 2);
		add_value(rows, column, sh->fields[i], out);
	}
	leave(&nesting, out);
	if (sh->brief) {
		size_t at = out->n_bytes;
		add_brief(db_text(rows, first + (int)sh->n), sh->brief_members, out);
		if (!nesting.any && out->n_bytes > at)
			out->p[at] = ' '; /* the comma before the only member */
	}
	if (extra)
		extra->add(extra->arg, num, out);
	str_addc(out, '}');
}

/* ---- CSV ------------------------------------------------------------------------------------- */

void csv_header(const struct shape *sh, struct str *out)
{
	for (size_t i = 0; i < sh->n; i++)
		str_addf(out, "%s%s", i ? "," : "", sh->fields[i]->name);
	str_add(out, "\r\n");
}

static void csv_value(const struct db_rows *rows, int column, const struct collection_field *f,
		      struct str *out)
{
	char time[TIME_TEXT_BYTES];

	if (is_unknown(rows, column, f))
		return;
	if (f->type == COLLECTION_TEXT || f->type == COLLECTION_JSON) {
		csv_cell_add(out, db_text(rows, column));
	} else if (f->type == COLLECTION_TIME) {
		time_rfc3339(db_int(rows, column), time);
		str_add(out, time);
	} else {
		add_value(rows, column, f, out);
	}
}

/* A list of texts as "a;b", which delivery lists understand; anything else as JSON. */
static void csv_member(const json_t *value, struct str *out)
{
	autostr struct str list;
	size_t i;
	json_t *one;
	bool plain = json_is_array(value);

	str_init(&list, 64 * 1024);
	json_array_foreach (value, i, one) {
		plain &= json_is_string(one);
		str_addf(&list, "%s%s", i ? ";" : "", plain ? json_string_value(one) : "");
	}
	if (plain) {
		csv_cell_add(out, list.p);
		return;
	}
	autofree char *text = value ? json_text(value) : NULL;
	if (text)
		csv_cell_add(out, text);
}

void csv_line(const struct db_rows *rows, int first, const struct shape *sh, struct str *out)
{
	int n_columns = (int)(sh->n - sh->n_members), column = first;
	autofree char *text = sh->brief ? xasprintf("{%s}", db_text(rows, first + n_columns))
					: NULL;
	autojson json_t *brief = text ? json_loads(text, 0, NULL) : NULL;

	for (size_t i = 0; i < sh->n; i++) {
		if (i)
			str_addc(out, ',');
		if (sh->fields[i]->column)
			csv_value(rows, column++, sh->fields[i], out);
		else
			csv_member(json_object_get(brief, sh->fields[i]->name), out);
	}
	str_add(out, "\r\n");
}
