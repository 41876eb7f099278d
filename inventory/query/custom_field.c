/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Definitions of this store as fields of collections. A field is made once and kept, because orders
 * and shapes point to it. Names are of a closed alphabet (custom_value.c), so that they may stand in
 * statements. Input: names from URLs, looked up.
 */
#include "custom_field.h"

#include <string.h>

#include <base/json.h>
#include <inventory/custom.h>

#define PREFIX "custom."

struct known_field {
	struct known_field *next;
	const struct collection *c;
	bool defined;
	const char *type;
	const char *plain; /* the name without its prefix */
	struct collection_field f;
};
static struct known_field *known;

/* ---- definitions ----------------------------------------------------------------------------- */

#define TEXT_COLUMN "COALESCE(max(u.text), '')" /* unknown is '' like elsewhere */

static const struct {
	const char *type;
	enum collection_type value;
	unsigned flags;
	const char *column;
} types[] = {
	{"text", COLLECTION_TEXT, FIELD_IS_SORT | FIELD_IS_GROUP, TEXT_COLUMN},
	{"date", COLLECTION_TEXT, FIELD_IS_SORT | FIELD_IS_GROUP, TEXT_COLUMN},
	{"choice", COLLECTION_TEXT, FIELD_IS_SORT | FIELD_IS_GROUP, TEXT_COLUMN},
	{"link", COLLECTION_TEXT, FIELD_IS_SORT, TEXT_COLUMN},
	{"tags", COLLECTION_TEXT, 0, TEXT_COLUMN},
	{"number", COLLECTION_INT, FIELD_IS_SORT | FIELD_IS_GROUP | FIELD_IS_SUM, "max(u.number)"},
};

static struct known_field *make(const struct collection *c, const char *name, size_t type)
{
	struct known_field *k = xcalloc(1, sizeof(*k));
	char *full = xasprintf(PREFIX "%s", name);

	k->c = c;
	k->type = types[type].type;
	k->plain = full + strlen(PREFIX);
	k->f = (struct collection_field){
		full,
		xasprintf("(SELECT %s FROM custom_value u WHERE u.object = '%s' AND u.num = "
			  "t.num AND u.name = '%s' AND u.from_us <= @ AND u.until_us > @)",
			  types[type].column, c->name, name),
		types[type].value, types[type].flags, ""};
	k->next = known;
	known = k;
	return k;
}

static void define(const struct collection *c, const char *name, const char *type)
{
	struct known_field *k = known;

	while (k && !(k->c == c && str_eq(k->plain, name) && str_eq(k->type, type)))
		k = k->next;
	for (size_t i = 0; !k && i < ARRAY_LEN(types); i++)
		if (str_eq(types[i].type, type))
			k = make(c, name, i);
	if (k)
		k->defined = true;
}

static bool names_one(const char *text)
{
	return text && strstr(text, PREFIX);
}

static bool is_asked(const struct query_request *q, const char *const *texts, size_t n)
{
	bool asked = names_one(q->sort) || names_one(q->fields);

	for (size_t i = 0; i < q->n_filters; i++)
		asked |= str_starts(q->filters[i].key, PREFIX);
	for (size_t i = 0; i < n; i++)
		asked |= names_one(texts[i]);
	return asked;
}

int custom_fields_load(struct db *db, const struct query_request *q, const char *const *texts,
		       size_t n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int more;

	if (!is_asked(q, texts, n))
		return 0;
	TRY(db_query(db, err, &rows, "SELECT object, name, type FROM custom_field"));
	for (struct known_field *k = known; k; k = k->next)
		k->defined = false;
	while ((more = db_rows_next(rows, err)) == 1) {
		const struct collection *c = collection_by_name(db_text(rows, 0));
		if (c)
			define(c, db_text(rows, 1), db_text(rows, 2));
	}
	return more;
}

const struct collection_field *custom_field_find(const struct collection *c, const char *name,
						 size_t n_bytes)
{
	struct sv asked = {name, n_bytes};

	if (!sv_starts(asked, PREFIX))
		return NULL;
	for (const struct known_field *k = known; k; k = k->next)
		if (k->c == c && k->defined && sv_eq_str(asked, k->f.name))
			return &k->f;
	return NULL;
}

bool custom_field_is(const struct collection_field *f)
{
	return str_starts(f->name, PREFIX);
}
