/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From filters as a URL has them to SQL conditions. Keys must be fields of the collection, or, for
 * hosts, paths into their facts; values are bound. Input: hostile, fuzzed by
 * tests/fuzz/fuzz_filter.c.
 */
#include "order.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>

#define KEY_MAX    96
#define VALUES_MAX 64
#define RARE       2000

enum op { OP_EQ, OP_NE, OP_GE, OP_LE, OP_GT, OP_LT };
static const char *const op_sql[] = {[OP_GE] = ">=", [OP_LE] = "<=", [OP_GT] = ">", [OP_LT] = "<"};

struct condition {
	char key[KEY_MAX];
	enum op op;
	const char *value;
};

int query_add_filter(struct query_request *q, const char *key, const char *value, struct err *err)
{
	if (q->n_filters == QUERY_FILTERS_MAX)
		return err_set(err, ERR_TOO_BIG, "more than %d filters", QUERY_FILTERS_MAX);
	q->filters[q->n_filters++] = (struct query_filter){key, value};
	return 0;
}

static int bad(struct err *err, enum err_code code, const char *key, const char *what)
{
	char pointer[KEY_MAX + 8];
	int r = err_set(err, code, "filter '%.90s': %s", key, what);
	(void)snprintf(pointer, sizeof(pointer), "/%.90s", key);
	(void)err_at(err, pointer);
	return r;
}

/* ---- reading a filter ------------------------------------------------------------------------ */

static int parse(const struct query_filter *f, struct condition *ret, struct err *err)
{
	size_t n = strlen(f->key);
	*ret = (struct condition){.op = OP_EQ, .value = f->value};
	if (!f->value || !f->value[0]) { /* cores>32 has no '=' */
		size_t at = strcspn(f->key, "<>");
		if (f->key[at]) {
			ret->op = f->key[at] == '>' ? OP_GT : OP_LT;
			ret->value = f->key + at + 1;
			n = at;
		} else if (!f->value) {
			return bad(err, ERR_INVALID, f->key, "has no value");
		}
	}
	if (ret->op == OP_EQ && n > 0) {
		char last = f->key[n - 1];
		ret->op = last == '!' ? OP_NE : last == '>' ? OP_GE : last == '<' ? OP_LE : OP_EQ;
		n -= ret->op != OP_EQ;
	}
	if (n == 0 || n >= sizeof(ret->key))
		return bad(err, ERR_FIELD_UNKNOWN, f->key, "is no field");
	memcpy(ret->key, f->key, n);
	ret->key[n] = '\0';
	if (strlen(ret->value) > LIMIT_URL_BYTES)
		return bad(err, ERR_TOO_BIG, ret->key, "the value is too long");
	return 0;
}

/* A key twice is OR: one of them alone says little. */
static bool is_repeated(const struct query_request *q, const struct condition *c)
{
	size_t n = 0;
	for (size_t i = 0; i < q->n_filters; i++) {
		struct condition other;
		struct err ignored = ERR_INIT;
		n += parse(&q->filters[i], &other, &ignored) == 0 && str_eq(other.key, c->key);
	}
	return n > 1;
}

static int number_of(const struct collection_field *f, const char *text, int64_t *ret)
{
	if (f->type == COLLECTION_TIME)
		return time_parse_rfc3339(text, ret) ? 0 : -1;
	if (f->type == COLLECTION_BOOL) {
		*ret = str_eq(text, "true");
		return *ret || str_eq(text, "false") ? 0 : -1;
	}
	return parse_i64(text, ret) ? 0 : -1;
}

static const char *type_words(const struct collection_field *f)
{
	return f->type == COLLECTION_TIME   ? "takes a time as 2026-11-01T00:00:00Z"
	       : f->type == COLLECTION_BOOL ? "takes true or false"
					    : "takes a whole number";
}

/* ---- one condition over one column ----------------------------------------------------------- */

static void add_prefix(struct sql *s, const char *column, const char *value)
{
	autofree char *from = xstrndup(value, strlen(value) - 1);
	autofree char *until = xstrdup(from);
	size_t n = strlen(until);
	while (n > 0 && (uint8_t)until[n - 1] >= 0x7e)
		n--;
	str_addf(&s->text, "(%s >= ", column);
	sql_text(s, from);
	if (n >
	    0) { /* the next text after all with this prefix, kept within ASCII for valid UTF-8 */
		until[n - 1] = (char)(until[n - 1] + 1);
		until[n] = '\0';
		str_addf(&s->text, " AND %s < ", column);
		sql_text(s, until);
	}
	str_addc(&s->text, ')');
}

static int add_value(struct sql *s, const struct collection_field *f, const char *value,
		     const char *key, struct err *err)
{
	size_t n = strlen(value);
	int64_t number = 0;
	if (n == 0) {
		bool text = f->type == COLLECTION_TEXT || f->type == COLLECTION_JSON;
		str_addf(&s->text, text ? "(%s IS NULL OR %s = '')" : "(%s IS NULL)", f->column,
			 f->column);
		return 0;
	}
	if (f->type == COLLECTION_JSON)
		return bad(err, ERR_INVALID, key, "cannot be filtered");
	if (f->type == COLLECTION_TEXT) {
		if (value[n - 1] == '*' && n > 1) {
			add_prefix(s, f->column, value);
			return 0;
		}
		str_addf(&s->text, "(%s = ", f->column);
		sql_text(s, value);
		str_addc(&s->text, ')');
		return 0;
	}
	if (number_of(f, value, &number) < 0)
		return bad(err, ERR_INVALID, key, type_words(f));
	str_addf(&s->text, "(%s = ", f->column);
	sql_int(s, number);
	str_addc(&s->text, ')');
	return 0;
}

static int add_list(struct sql *s, const struct collection_field *f, const struct condition *c,
		    struct err *err)
{
	struct sv rest = sv_of(c->value);
	unsigned n = 0;
	str_add(&s->text, c->op == OP_NE ? "NOT COALESCE((" : "((");
	do {
		struct sv one = sv_split(&rest, ',');
		autofree char *value = xstrndup(one.p, one.n);
		if (++n > VALUES_MAX)
			return bad(err, ERR_TOO_BIG, c->key, "lists too many values");
		if (n > 1)
			str_add(&s->text, " OR ");
		TRY(add_value(s, f, value, c->key, err));
	} while (rest.n > 0);
	str_add(&s->text, c->op != OP_NE ? "))" : db_is_sqlite(s->db) ? "), 0)" : "), FALSE)");
	return 0;
}

static int add_range(struct sql *s, const struct collection_field *f, const struct condition *c,
		     struct err *err)
{
	int64_t number = 0;
	if (f->type == COLLECTION_TEXT) {
		str_addf(&s->text, "(%s %s ", f->column, op_sql[c->op]);
		sql_text(s, c->value);
	} else {
		if (f->type == COLLECTION_JSON || number_of(f, c->value, &number) < 0)
			return bad(err, ERR_INVALID, c->key, type_words(f));
		/* "at least" says the same of the text that lists are sorted by, which has the
		 * index */
		bool more = (c->op == OP_GE || c->op == OP_GT) && number >= 0;
		str_addc(&s->text, '(');
		order_comparable(s, f, more);
		str_addf(&s->text, " %s ", op_sql[c->op]);
		sql_int(s, number);
	}
	str_addc(&s->text, ')');
	return 0;
}

/* Events have their times in the order of their ids (db_tick()), and are listed by id: the id where
 * the time begins or ends is one look into the index of times. */
static void add_event_bound(struct sql *s, const struct condition *c)
{
	int64_t at_us = 0;
	bool from = c->op == OP_GE || c->op == OP_GT;
	if (!time_parse_rfc3339(c->value, &at_us))
		return;
	str_addf(&s->text, " AND t.id %s COALESCE((SELECT b.id FROM event b WHERE b.at_us %s ",
		 from ? ">=" : "<=", op_sql[c->op]);
	sql_int(s, at_us);
	str_addf(&s->text, " ORDER BY b.at_us%s LIMIT 1), %s)", from ? "" : " DESC",
		 from ? "9223372036854775807" : "-1");
}

static int add_column(struct sql *s, const struct collection_field *f, const struct condition *c,
		      struct err *err)
{
	if (c->op == OP_EQ || c->op == OP_NE)
		return add_list(s, f, c, err);
	TRY(add_range(s, f, c, err));
	if (str_eq(f->column, "t.at_us") && s->c == &collection_events)
		add_event_bound(s, c);
	return 0;
}

/* ---- paths into facts ------------------------------------------------------------------------ */

static const struct {
	const char *prefix;
	const char *type;
} paths[] = {
	{"drives.", "drive"},  {"memory.modules.", "memory"},
	{"memory.", "memory"}, {"processors.", "processor"},
	{"nics.lldp.", "nic"}, {"nics.", "nic"},
	{"pci.", "pci"},       {"board.", "board"},
};

/* Is there an index of parts that finds a value: by itself, or within a type? */
enum indexed { NOT_INDEXED, INDEXED, INDEXED_IN_TYPE };

/* names of the facts document that are columns of a part under another name */
static const struct {
	const char *type, *name, *column;
	enum collection_type value;
	enum indexed indexed;
} part_columns[] = {
	{NULL, "Manufacturer", "q.manufacturer", COLLECTION_TEXT, NOT_INDEXED},
	{NULL, "PartNumber", "q.part_number", COLLECTION_TEXT, INDEXED},
	{NULL, "Model", "q.model", COLLECTION_TEXT, INDEXED},
	{NULL, "SerialNumber", "q.serial", COLLECTION_TEXT, INDEXED},
	{NULL, "FirmwareVersion", "q.firmware", COLLECTION_TEXT, INDEXED_IN_TYPE},
	{"drive", "WWN", "q.wwn", COLLECTION_TEXT, NOT_INDEXED},
	{"drive", "Revision", "q.firmware", COLLECTION_TEXT, INDEXED_IN_TYPE},
	{"drive", "CapacityBytes", "q.capacity_bytes", COLLECTION_INT, NOT_INDEXED},
	{"drive", "Protocol", "q.protocol", COLLECTION_TEXT, NOT_INDEXED},
	{"drive", "MediaType", "q.media", COLLECTION_TEXT, NOT_INDEXED},
	{"drive", "Slot", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"memory", "CapacityMiB", "q.capacity_mib", COLLECTION_INT, NOT_INDEXED},
	{"memory", "DeviceLocator", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"memory", "MemoryDeviceType", "q.media", COLLECTION_TEXT, NOT_INDEXED},
	{"memory", "OperatingSpeedMhz", "q.speed_mhz", COLLECTION_INT, NOT_INDEXED},
	{"processor", "Socket", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"processor", "TotalCores", "q.cores", COLLECTION_INT, NOT_INDEXED},
	{"processor", "TotalThreads", "q.threads", COLLECTION_INT, NOT_INDEXED},
	{"processor", "MaxSpeedMHz", "q.speed_mhz", COLLECTION_INT, NOT_INDEXED},
	{"nic", "MACAddress", "q.serial", COLLECTION_TEXT, INDEXED},
	{"nic", "PermanentMACAddress", "q.serial", COLLECTION_TEXT, INDEXED},
	{"nic", "Driver", "q.model", COLLECTION_TEXT, INDEXED},
	{"nic", "Firmware", "q.firmware", COLLECTION_TEXT, INDEXED_IN_TYPE},
	{"nic", "PciAddress", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"pci", "Address", "p.slot", COLLECTION_TEXT, NOT_INDEXED},
	{"pci", "VendorId", "q.manufacturer", COLLECTION_TEXT, NOT_INDEXED},
	{"pci", "DeviceId", "q.part_number", COLLECTION_TEXT, INDEXED},
};

/* what the place says beyond columns: a closed list, because the name goes into the statement */
static const struct {
	const char *type, *name;
	enum collection_type value;
} attributes[] = {
	{"nic", "Name", COLLECTION_TEXT},
	{"nic", "LinkUp", COLLECTION_BOOL},
	{"nic", "SpeedMbps", COLLECTION_INT},
	{"nic", "ChassisId", COLLECTION_TEXT},
	{"nic", "PortId", COLLECTION_TEXT},
	{"nic", "SysName", COLLECTION_TEXT},
	{"drive", "Name", COLLECTION_TEXT},
	{"drive", "Removable", COLLECTION_BOOL},
	{"drive", "BlockSizeBytes", COLLECTION_INT},
	{"memory", "BankLocator", COLLECTION_TEXT},
	{"pci", "Class", COLLECTION_TEXT},
	{"pci", "Driver", COLLECTION_TEXT},
	{"pci", "LinkSpeed", COLLECTION_TEXT},
	{"pci", "LinkWidth", COLLECTION_INT},
	{"pci", "MaxLinkSpeed", COLLECTION_TEXT},
	{"pci", "MaxLinkWidth", COLLECTION_INT},
};

static bool attribute_column(const struct sql *s, const char *type, const char *name,
			     struct collection_field *ret, char *column, size_t column_bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (!str_eq(attributes[i].type, type) || !str_eq(attributes[i].name, name))
			continue;
		char text[128];
		db_json_text(s->db, "p.attrs", name, text, sizeof(text));
		if (attributes[i].value == COLLECTION_TEXT)
			(void)snprintf(column, column_bytes, "%s", text);
		else if (attributes[i].value == COLLECTION_BOOL)
			(void)snprintf(
				column, column_bytes,
				"(CASE %s WHEN 'true' THEN 1 WHEN '1' THEN 1 WHEN 'false' THEN "
				"0 WHEN '0' THEN 0 END)",
				text);
		else
			(void)snprintf(column, column_bytes, "CAST(%s AS BIGINT)", text);
		*ret = (struct collection_field){name, column, attributes[i].value, 0, ""};
		return true;
	}
	return false;
}

static bool path_column(const struct sql *s, const char *type, const char *name,
			struct collection_field *ret, char *column, size_t column_bytes,
			enum indexed *ret_indexed)
{
	for (size_t i = 0; i < ARRAY_LEN(part_columns); i++) {
		if ((part_columns[i].type && !str_eq(part_columns[i].type, type)) ||
		    !str_eq(part_columns[i].name, name))
			continue;
		*ret = (struct collection_field){name, part_columns[i].column,
						 part_columns[i].value, 0, ""};
		*ret_indexed = part_columns[i].indexed;
		return true;
	}
	*ret_indexed = NOT_INDEXED;
	return attribute_column(s, type, name, ret, column, column_bytes);
}

/* Do fewer than RARE rows of "TABLE ALIAS WHERE CONDITION" fit? Index entries are counted, no more
 * than that many. */
static int is_rare(struct sql *probe, const struct collection_field *f, const struct condition *c,
		   bool *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r = add_column(probe, f, c, err);
	str_addf(&probe->text, " LIMIT %d) few", RARE);
	if (r >= 0)
		r = sql_query(probe, probe->db, &rows, err);
	if (r >= 0)
		r = db_rows_next(rows, err);
	*ret = r == 1 && db_int(rows, 0) < RARE;
	db_rows_free(take_ptr(rows));
	sql_done(probe);
	return r < 0 ? r : 0;
}

/* Few parts fit: the store had better begin with them. When many do, it begins with the hosts, of
 * which some fit soon. */
static int parts_are_rare(struct sql *s, const char *type, const struct collection_field *f,
			  const struct condition *c, bool *ret, struct err *err)
{
	struct sql probe;
	struct query_request none = {0};
	sql_init(&probe, s->db, s->c, &none, 0);
	str_add(&probe.text, "SELECT count(*) FROM (SELECT 1 FROM part q WHERE ");
	if (type)
		str_addf(&probe.text, "q.type = '%s' AND ", type);
	return is_rare(&probe, f, c, ret, err);
}

int sql_probe(struct db *db, const struct collection *c, const struct query_request *q,
	      enum sql_amount *ret, struct err *err)
{
	*ret = SQL_AMOUNT_UNKNOWN;
	for (size_t i = 0; i < q->n_filters && *ret != SQL_FEW && db_is_sqlite(db); i++) {
		struct condition one;
		struct sql probe;
		bool rare = false;
		TRY(parse(&q->filters[i], &one, err));
		const struct collection_field *f = field_by_name(c, one.key, strlen(one.key));
		if (!f || !(f->flags & FIELD_IS_PROBED) || one.op != OP_EQ || is_repeated(q, &one))
			continue;
		sql_init(&probe, db, c, q, 0);
		str_addf(&probe.text, "SELECT count(*) FROM (SELECT 1 FROM %s t WHERE ", c->table);
		TRY(is_rare(&probe, f, &one, &rare, err));
		*ret = rare ? SQL_FEW : SQL_MANY;
	}
	return 0;
}

/* True when some part of the host fits; a negated filter is true when none does. */
static int add_path(struct sql *s, const char *type, const char *name, struct condition c,
		    struct err *err)
{
	char column[320];
	struct collection_field f;
	enum indexed indexed;
	bool rare = false;
	if (!path_column(s, type, name, &f, column, sizeof(column), &indexed))
		return bad(err, ERR_FIELD_UNKNOWN, c.key, "is no field");
	bool negated = c.op == OP_NE;
	if (negated)
		c.op = OP_EQ;
	if (indexed != NOT_INDEXED)
		TRY(parts_are_rare(s, indexed == INDEXED ? NULL : type, &f, &c, &rare, err));
	if (rare)
		/* CROSS keeps SQLite from beginning with the placements */
		str_addf(&s->text,
			 "t.num %sIN (SELECT p.host_num FROM part q CROSS JOIN placement p WHERE "
			 "p.part_num = q.num AND ",
			 negated ? "NOT " : "");
	else
		str_addf(&s->text,
			 "%sEXISTS (SELECT 1 FROM placement p JOIN part q ON q.num = "
			 "p.part_num WHERE p.host_num = t.num AND ",
			 negated ? "NOT " : "");
	sql_add(s, s->at_us ? "p.from_us <= @ AND p.until_us > @"
			    : "p.until_us = 9223372036854775807");
	str_addf(&s->text, " AND p.type = '%s' AND ", type);
	if (rare && indexed == INDEXED_IN_TYPE)
		str_addf(&s->text, "q.type = '%s' AND ", type);
	TRY(add_column(s, &f, &c, err));
	str_addc(&s->text, ')');
	return 0;
}

/* A MAC belongs to one host, or to few. */
static int add_mac(struct sql *s, struct condition c, struct err *err)
{
	static const struct collection_field f = {"macs", "e.value", COLLECTION_TEXT, 0, ""};
	autofree char *lower = xstrdup(c.value);
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	c.value = lower;
	str_addf(&s->text,
		 "t.num %sIN (SELECT e.host_num FROM evidence e WHERE e.kind = 'mac' AND ",
		 c.op == OP_NE ? "NOT " : "");
	if (c.op == OP_NE)
		c.op = OP_EQ;
	TRY(add_column(s, &f, &c, err));
	str_addc(&s->text, ')');
	return 0;
}

static int add_condition(struct sql *s, const struct condition *c, struct err *err)
{
	static const struct collection_field row_number = {"@num", "t.num", COLLECTION_INT, 0, ""};
	const struct collection_field *f = field_by_name(s->c, c->key, strlen(c->key));
	if (str_eq(c->key, row_number.name)) /* the room's own; harmless when a URL says it */
		f = &row_number;
	if (f && s->walk && f->flags & FIELD_IS_PROBED) {
		char hidden[64]; /* "+t.state": no index of it is used */
		struct collection_field copy = *f;
		(void)snprintf(hidden, sizeof(hidden), "+%s", f->column);
		copy.column = hidden;
		return add_column(s, &copy, c, err);
	}
	if (f)
		return add_column(s, f, c, err);
	if (s->c != &collection_hosts)
		return bad(err, ERR_FIELD_UNKNOWN, c->key, "is no field");
	if (str_eq(c->key, "mac") || str_eq(c->key, "macs"))
		return add_mac(s, *c, err);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (str_starts(c->key, paths[i].prefix))
			return add_path(s, paths[i].type, c->key + strlen(paths[i].prefix), *c,
					err);
	return bad(err, ERR_FIELD_UNKNOWN, c->key, "is no field");
}

/* ---- joins ----------------------------------------------------------------------------------- */

static bool lists_unknown(const char *value)
{
	size_t n = strlen(value);
	return n == 0 || value[0] == ',' || value[n - 1] == ',' || strstr(value, ",,") != NULL;
}

bool sql_is_inner(const struct collection *c, const struct query_request *q)
{
	for (size_t i = 0; i < q->n_filters; i++) {
		struct condition one;
		struct err ignored = ERR_INIT;
		if (parse(&q->filters[i], &one, &ignored) < 0)
			continue;
		const struct collection_field *f = field_by_name(c, one.key, strlen(one.key));
		bool joined = f && (str_starts(f->column, "h.") || str_starts(f->column, "p."));
		if (joined && one.op != OP_NE && !lists_unknown(one.value))
			return true;
	}
	return false;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void add_like(struct sql *s, const char *word)
{
	autostr struct str pattern;
	bool first = true;
	str_init(&pattern, 1024);
	str_addc(&pattern, '%');
	for (const char *p = word; *p; p++) {
		if (*p == '%' || *p == '_' || *p == '\\')
			str_addc(&pattern, '\\');
		str_addc(&pattern, (char)tolower((unsigned char)*p));
	}
	str_addc(&pattern, '%');
	str_addc(&s->text, '(');
	for (size_t i = 0; i < s->c->n_fields; i++) {
		if (!(s->c->fields[i].flags & FIELD_IS_SEARCHED))
			continue;
		str_addf(&s->text, "%slower(%s) LIKE ", first ? "" : " OR ",
			 s->c->fields[i].column);
		sql_text(s, pattern.p);
		str_add(&s->text, " ESCAPE '\\'");
		first = false;
	}
	if (first)
		str_add(&s->text, "1 = 0");
	str_addc(&s->text, ')');
}

int sql_where(struct sql *s, const struct query_request *q, struct err *err)
{
	const char *moment = s->at_us ? s->c->then : s->c->now;
	str_add(&s->text, " WHERE ");
	sql_add(s, moment && !q->all_times ? moment : "1 = 1");
	for (size_t i = 0; i < q->n_filters; i++) {
		struct condition c, other;
		bool earlier = false, first = true;
		TRY(parse(&q->filters[i], &c, err));
		/* the same key and sense again is OR: handled at its first appearance */
		for (size_t k = 0; k < i && !earlier; k++)
			earlier = parse(&q->filters[k], &other, err) == 0 &&
				  str_eq(other.key, c.key) && other.op == c.op;
		if (earlier)
			continue;
		str_add(&s->text, " AND (");
		for (size_t k = i; k < q->n_filters; k++) {
			TRY(parse(&q->filters[k], &other, err));
			if (!str_eq(other.key, c.key) || other.op != c.op)
				continue;
			str_add(&s->text, first ? "" : c.op == OP_EQ ? " OR " : " AND ");
			TRY(add_condition(s, &other, err));
			first = false;
		}
		str_addc(&s->text, ')');
	}
	if (q->search && q->search[0]) {
		if (strlen(q->search) > LIMIT_NAME_BYTES)
			return bad(err, ERR_TOO_BIG, "q", "is too long");
		str_add(&s->text, " AND ");
		add_like(s, q->search);
	}
	return 0;
}
