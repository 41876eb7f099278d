/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a statement over a collection, for the present or for a moment of the past. All text is
 * ours; what comes from outside is a parameter.
 */
#include "sql.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "../hosts/history.h"
#include "custom_field.h"

void sql_done(struct sql *s)
{
	for (size_t i = 0; i < s->n_params; i++)
		free(s->owned[i]);
	str_done(&s->text);
}

static void param(struct sql *s, struct db_param p, char *owned)
{
	if (s->n_params == SQL_PARAMS_MAX) {
		free(owned);
		s->overflow = true;
		return;
	}
	s->params[s->n_params] = p;
	s->owned[s->n_params++] = owned;
}

void sql_int(struct sql *s, int64_t v)
{
	param(s, p_int(v), NULL);
	str_addf(&s->text, "$%zu", s->n_params);
}

size_t sql_param_text(struct sql *s, const char *v)
{
	char *copy = xstrdup(v);

	param(s, p_text(copy), copy);
	return s->n_params;
}

void sql_text(struct sql *s, const char *v)
{
	str_addf(&s->text, "$%zu", sql_param_text(s, v));
}

void sql_add(struct sql *s, const char *text)
{
	for (; *text; text++) {
		if (*text != '@') {
			str_addc(&s->text, *text);
			continue;
		}
		if (!s->at_param) {
			param(s, p_int(s->at_us ? s->at_us : MOMENT_OPEN - 1), NULL);
			s->at_param = (unsigned)s->n_params;
		}
		str_addf(&s->text, "$%u", s->at_param);
	}
}

void sql_joins(struct sql *s)
{
	static const char outer[] = " LEFT JOIN";
	const char *joins = s->at_us && s->c->joins_at ? s->c->joins_at : s->c->joins, *at;

	while (s->inner && (at = strstr(joins, outer))) {
		autofree char *before = xstrndup(joins, (size_t)(at - joins));
		sql_add(s, before);
		sql_add(s, " JOIN");
		joins = at + sizeof(outer) - 1;
	}
	sql_add(s, joins);
}

void sql_from(struct sql *s)
{
	const struct collection *c = s->c;

	if (s->at_us && c->has_history) {
		const char *columns = history_columns(c->table);
		const char *until = str_eq(columns, "*") ? "" : ", until_us";

		str_addf(&s->text, " FROM (SELECT %s, 9223372036854775807 AS until_us FROM %s",
			 columns, c->table);
		sql_add(s, " WHERE changed_us <= @ UNION ALL SELECT ");
		str_addf(&s->text, "%s%s FROM %s_history", columns, until, c->table);
		sql_add(s, " WHERE changed_us <= @ AND until_us > @) t");
	} else {
		str_addf(&s->text, " FROM %s t", c->table);
	}
	sql_joins(s);
}

/* Columns of fields that people define hold the moment's mark wherever they stand. */
static void fill_in_moment(struct sql *s)
{
	if (!s->text.p || !strchr(s->text.p, '@'))
		return;
	autofree char *text = xstrdup(s->text.p);
	str_clear(&s->text);
	sql_add(s, text);
}

static int check(struct sql *s, struct err *err)
{
	fill_in_moment(s);
	if (s->overflow || !str_ok(&s->text))
		return err_set(err, ERR_TOO_BIG, "the filters hold more than %d values",
			       SQL_PARAMS_MAX - 10);
	return 0;
}

int sql_query(struct sql *s, struct db *db, struct db_rows **ret, struct err *err)
{
	TRY(check(s, err));
	return db_query_n(db, s->text.p, s->params, s->n_params, ret, err);
}

int sql_exec(struct sql *s, struct db *db, struct err *err)
{
	TRY(check(s, err));
	return db_exec_n(db, s->text.p, s->params, s->n_params, NULL, err);
}

const struct collection_field *field_by_name(const struct collection *c, const char *name,
					     size_t n_bytes)
{
	for (size_t i = 0; i < c->n_fields; i++)
		if (strlen(c->fields[i].name) == n_bytes &&
		    memcmp(c->fields[i].name, name, n_bytes) == 0)
			return &c->fields[i];
	return custom_field_find(c, name, n_bytes);
}
