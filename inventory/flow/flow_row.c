/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements and members of a table's columns; see flow_row.h. All text of statements is ours.
 */
#include "flow_row.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#define SQL_BYTES 4096

/* ---- reading --------------------------------------------------------------------------------- */

static void read_column(const struct flow_column *c, const struct db_rows *rows, int i, void *row)
{
	void *member = (char *)row + c->offset;

	switch (c->type) {
	case FLOW_TEXT:
		(void)str_copy(member, c->n_bytes, db_text(rows, i));
		break;
	case FLOW_INT:
		*(int64_t *)member = db_int(rows, i);
		break;
	case FLOW_BOOL:
		*(bool *)member = db_int(rows, i) != 0;
		break;
	case FLOW_LONG_TEXT:
		*(char **)member = xstrdup(db_text(rows, i));
		break;
	}
}

void flow_row_read(const struct flow_table *t, const struct db_rows *rows, void *ret)
{
	memset(ret, 0, t->row_bytes);
	for (size_t i = 0; i < t->n_columns; i++)
		read_column(&t->columns[i], rows, (int)i, ret);
}

static void add_names(const struct flow_table *t, struct str *sql)
{
	for (size_t i = 0; i < t->n_columns; i++)
		str_addf(sql, "%s%s", i ? ", " : "", t->columns[i].name);
}

int flow_rows(struct db *db, const struct flow_table *t, const struct db_call *where,
	      struct db_rows **ret, struct err *err)
{
	autostr struct str sql;

	str_init(&sql, SQL_BYTES);
	str_add(&sql, "SELECT ");
	add_names(t, &sql);
	str_addf(&sql, " FROM %s WHERE %s", t->name, where->sql);
	return db_query_n(db, sql.p, where->params, where->n_params, ret, err);
}

int flow_row_find(struct db *db, const struct flow_table *t, const struct db_call *where, void *ret,
		  struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	memset(ret, 0, t->row_bytes);
	TRY(flow_rows(db, t, where, &rows, err));
	int rc = db_rows_next(rows, err);
	if (rc > 0)
		flow_row_read(t, rows, ret);
	return rc;
}

int flow_row_one(struct db *db, const struct flow_table *t, const struct db_call *where, void *ret,
		 struct err *err)
{
	int rc = flow_row_find(db, t, where, ret, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such %s", t->what);
	return rc < 0 ? rc : 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct db_param param_of(const struct flow_column *c, const void *row)
{
	const void *member = (const char *)row + c->offset;

	switch (c->type) {
	case FLOW_INT:
		return p_int(*(const int64_t *)member);
	case FLOW_BOOL:
		return p_int(*(const bool *)member);
	case FLOW_LONG_TEXT:
		return p_text(*(const char *const *)member);
	case FLOW_TEXT:
		break;
	}
	return p_text(member);
}

static int write_row(struct db *db, const struct flow_table *t, const void *row, const char *more,
		     struct err *err)
{
	struct db_param params[FLOW_COLUMNS_MAX];
	autostr struct str sql;

	BUG_ON(t->n_columns > FLOW_COLUMNS_MAX);
	str_init(&sql, SQL_BYTES);
	str_addf(&sql, "INSERT INTO %s (", t->name);
	add_names(t, &sql);
	str_add(&sql, ") VALUES (");
	for (size_t i = 0; i < t->n_columns; i++) {
		str_addf(&sql, "%s$%zu", i ? ", " : "", i + 1);
		params[i] = param_of(&t->columns[i], row);
	}
	str_addf(&sql, ")%s", more);
	return db_exec_n(db, sql.p, params, t->n_columns, NULL, err);
}

int flow_row_add(struct db *db, const struct flow_table *t, const void *row, struct err *err)
{
	return write_row(db, t, row, "", err);
}

int flow_row_put(struct db *db, const struct flow_table *t, const void *row, struct err *err)
{
	autostr struct str more;

	str_init(&more, SQL_BYTES);
	str_addf(&more, " ON CONFLICT (%s) DO UPDATE SET", t->columns[0].name);
	for (size_t i = 1; i < t->n_columns; i++)
		str_addf(&more, "%s %s = $%zu", i > 1 ? "," : "", t->columns[i].name, i + 1);
	return write_row(db, t, row, more.p, err);
}
