/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table-driven codec of record.h: one walk for encoding, one for decoding, one for freeing.
 * It never sees a transport; the JSON comes from json_load_strict(), so depth, size and duplicates
 * were judged before. See RFC 8259; pointers in errors follow RFC 6901.
 */
#include <proto/record.h>

#include <ctype.h>
#include <string.h>
#include <base/cleanup.h>

/* VEC(T) of any T: the layout is the same, access goes through memcpy to keep types honest. */
struct any_list {
	void *items;
	size_t n;
	size_t cap;
};
_Static_assert(sizeof(struct any_list) == sizeof(text64_list), "VEC layout");

static struct any_list list_get(const void *at)
{
	struct any_list list;

	memcpy(&list, at, sizeof(list));
	return list;
}

static const void *at(const struct field *f, const void *record)
{
	return (const char *)record + f->offset;
}

static void *at_mut(const struct field *f, void *record)
{
	return (char *)record + f->offset;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Length of the UTF-8 sequence at p, 0 if it is broken, overlong, a surrogate or a control. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char mask, lead;
		size_t bytes;
		unsigned min;
	} forms[] = {
		{0x80, 0x00, 1, 0x20},
		{0xe0, 0xc0, 2, 0xa0},
		{0xf0, 0xe0, 3, 0x800},
		{0xf8, 0xf0, 4, 0x10000},
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if ((p[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (forms[i].bytes > left)
			return 0;
		unsigned c = p[0] & (unsigned char)~forms[i].mask;
		for (size_t k = 1; k < forms[i].bytes; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[k] & 0x3f);
		}
		bool good = c >= forms[i].min && c != 0x7f && c <= 0x10ffff &&
			    !(c >= 0xd800 && c <= 0xdfff);
		return good ? forms[i].bytes : 0;
	}
	return 0;
}

void text_clean(char *dst, size_t dst_bytes, const char *src, size_t src_bytes)
{
	size_t n = 0;

	BUG_ON(dst_bytes == 0);
	src_bytes = strnlen(src, src_bytes);
	while (src_bytes && isspace((unsigned char)src[0])) {
		src++;
		src_bytes--;
	}
	while (src_bytes && isspace((unsigned char)src[src_bytes - 1]))
		src_bytes--;
	while (src_bytes) {
		size_t bytes = utf8_sequence((const unsigned char *)src, src_bytes);
		const char *from = bytes ? src : "?";
		size_t add = bytes ? bytes : 1;

		if (n + add > dst_bytes - 1)
			break;
		memcpy(dst + n, from, add);
		n += add;
		src += add;
		src_bytes -= add;
	}
	dst[n] = '\0';
}

static bool text_is_clean(const char *text, size_t n_bytes)
{
	while (n_bytes) {
		size_t bytes = utf8_sequence((const unsigned char *)text, n_bytes);

		if (bytes == 0 && *text != '\n' && *text != '\t')
			return false;
		bytes += bytes == 0;
		text += bytes;
		n_bytes -= bytes;
	}
	return true;
}

static json_t *clean_json_string(const char *text, size_t size)
{
	autofree char *clean = xmalloc(size);

	if (text_is_clean(text, strnlen(text, size)))
		return json_stringn(text, strnlen(text, size));
	text_clean(clean, size, text, size);
	return json_string(clean);
}

/* ---- encoding -------------------------------------------------------------------------------- */

static json_t *encode_list(const struct field *f, const void *value)
{
	struct any_list list = list_get(value);
	json_t *out = json_array();
	size_t max = f->max > 0 ? (size_t)f->max : 0;

	for (size_t i = 0; i < list.n && i < max; i++) {
		const char *item = (const char *)list.items +
				   i * (f->type == FIELD_STRINGS ? sizeof(struct text64) : f->size);

		json_array_append_new(out, f->type == FIELD_STRINGS
						   ? clean_json_string(item, sizeof(struct text64))
						   : record_encode(f->sub, item));
	}
	return out;
}

static json_t *encode_int(const struct field *f, const void *value)
{
	int64_t v;

	memcpy(&v, value, sizeof(v));
	if ((f->flags & FIELD_NULLABLE) && v == -1)
		return json_null();
	if (v == 0 && !(f->flags & (FIELD_NEEDED | FIELD_ALWAYS | FIELD_NULLABLE)))
		return NULL;
	return json_integer(v);
}

static json_t *encode_tri(const void *value)
{
	enum tri v;

	memcpy(&v, value, sizeof(v));
	return v == TRI_UNKNOWN ? NULL : json_boolean(v == TRI_YES);
}

/* NULL: this member is left out. */
static json_t *encode_field(const struct field *f, const void *value)
{
	bool always = f->flags & (FIELD_NEEDED | FIELD_ALWAYS);
	const char *view;
	json_t *out;

	switch (f->type) {
	case FIELD_STR:
	case FIELD_HEX:
		if (!always && *(const char *)value == '\0')
			return NULL;
		return clean_json_string(value, f->size);
	case FIELD_INT:
		return encode_int(f, value);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)value);
	case FIELD_TRI:
		return encode_tri(value);
	case FIELD_LIST:
	case FIELD_STRINGS:
		return encode_list(f, value);
	case FIELD_OBJ:
		out = record_encode(f->sub, value);
		if (always || json_object_size(out))
			return out;
		json_decref(out);
		return NULL;
	case FIELD_JSON:
	case FIELD_ARRAY:
		memcpy(&out, value, sizeof(out));
		return out ? json_incref(out) : NULL;
	case FIELD_VIEW:
		memcpy(&view, value, sizeof(view));
		return view ? json_string_of(view) : NULL;
	}
	return NULL;
}

json_t *record_encode(const struct field *fields, const void *record)
{
	json_t *out = json_object();

	for (const struct field *f = fields; f->key; f++) {
		json_t *member = encode_field(f, at(f, record));

		if (member)
			json_object_set_new(out, f->key, member);
	}
	return out;
}

/* ---- decoding -------------------------------------------------------------------------------- */

static bool has(const struct json_reader *r, const char *key)
{
	return json_object_get(r->obj, key) != NULL;
}

static void check_choice(struct json_reader *r, const struct field *f, const char *text)
{
	const char *const *c = f->choices;

	if (r->status < 0 || !c || !text || !text[0])
		return;
	while (*c && strcmp(*c, text) != 0)
		c++;
	if (!*c)
		json_reader_fail(r, f->key, ERR_FIELD_RANGE, "'%.40s' is none of its words", text);
}

static void decode_str(struct json_reader *r, const struct field *f, char *dst)
{
	bool needed = f->flags & FIELD_NEEDED;
	size_t max = f->size - 1, min = f->min > 1 ? (size_t)f->min : 1;
	const char *text = f->type == FIELD_HEX && (needed || has(r, f->key))
				   ? json_need_hex(r, f->key, max)
			   : needed ? json_need_str(r, f->key, min, max)
				    : json_opt_str(r, f->key, max, "");

	if (!text || r->status < 0)
		return;
	if (!text_is_clean(text, strlen(text))) {
		json_reader_fail(r, f->key, ERR_INVALID, "control characters are not allowed");
		return;
	}
	check_choice(r, f, text);
	(void)str_copy(dst, f->size, text);
}

static void decode_view(struct json_reader *r, const struct field *f, void *dst)
{
	size_t max = (size_t)f->max;
	const char *text = f->flags & FIELD_NEEDED ? json_need_str(r, f->key, 1, max)
			   : has(r, f->key)        ? json_opt_str(r, f->key, max, NULL)
						   : NULL;

	check_choice(r, f, text);
	memcpy(dst, &text, sizeof(text));
}

static void decode_int(struct json_reader *r, const struct field *f, void *dst)
{
	int64_t v;

	if (f->flags & FIELD_NULLABLE) {
		bool null = json_is_null(json_object_get(r->obj, f->key));

		/* Asking with the null taken out of the way marks the key as seen. */
		v = null ? -1 : json_opt_int(r, f->key, f->min, f->max, -1);
		if (null && r->n_seen < JSON_READER_MAX_KEYS)
			r->seen[r->n_seen++] = f->key;
	} else if (f->flags & FIELD_NEEDED) {
		v = json_need_int(r, f->key, f->min, f->max);
	} else {
		v = json_opt_int(r, f->key, f->min, f->max, 0);
	}
	memcpy(dst, &v, sizeof(v));
}

static void decode_strings(struct json_reader *r, const struct field *f, json_t *array,
			   text64_list *list)
{
	size_t n = json_array_size(array);

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_array_get(array, i);
		struct text64 text = {0};

		if (!json_is_string(item) ||
		    !text_is_clean(json_string_value(item), json_string_length(item)) ||
		    !str_copy(text.s, sizeof(text.s), json_string_value(item))) {
			json_reader_fail(r, f->key, ERR_INVALID,
					 "item %zu is not a text of at most %zu bytes", i,
					 sizeof(text.s) - 1);
			return;
		}
		VEC_PUSH(list, text);
	}
}

static void decode_list(struct json_reader *r, const struct field *f, json_t *array, void *dst)
{
	size_t n = json_array_size(array);
	struct any_list list = {.items = n ? xcalloc(n, f->size) : NULL, .cap = n};

	for (size_t i = 0; i < n && r->status >= 0; i++) {
		struct json_reader item = json_reader_item(r, json_array_get(array, i), f->key, i);

		list.n = i + 1;
		if (item.status >= 0)
			(void)record_decode_in(f->sub, &item, (char *)list.items + i * f->size);
		if (item.status < 0)
			r->status = item.status;
	}
	memcpy(dst, &list, sizeof(list));
}

static void decode_array(struct json_reader *r, const struct field *f, void *dst)
{
	size_t max = (size_t)f->max;
	json_t *array = f->flags & FIELD_NEEDED ? json_need_arr(r, f->key, max)
						: json_opt_arr(r, f->key, max);

	if (!array || r->status < 0)
		return;
	if (f->type == FIELD_ARRAY) {
		json_incref(array);
		memcpy(dst, &array, sizeof(array));
	} else if (f->type == FIELD_LIST)
		decode_list(r, f, array, dst);
	else
		decode_strings(r, f, array, dst);
}

static void decode_obj(struct json_reader *r, const struct field *f, void *dst)
{
	json_t *obj = f->flags & FIELD_NEEDED ? json_need_obj(r, f->key) : json_opt_obj(r, f->key);

	if (!obj || r->status < 0)
		return;
	if (f->type == FIELD_JSON) {
		json_incref(obj);
		memcpy(dst, &obj, sizeof(obj));
		return;
	}
	struct json_reader sub = json_reader_sub(r, obj, f->key);
	if (sub.status >= 0)
		(void)record_decode_in(f->sub, &sub, dst);
	if (sub.status < 0)
		r->status = sub.status;
}

static void decode_field(struct json_reader *r, const struct field *f, void *dst)
{
	bool needed = f->flags & FIELD_NEEDED;
	enum tri tri = TRI_UNKNOWN;

	switch (f->type) {
	case FIELD_STR:
	case FIELD_HEX:
		decode_str(r, f, dst);
		break;
	case FIELD_INT:
		decode_int(r, f, dst);
		break;
	case FIELD_BOOL:
		*(bool *)dst = needed ? json_need_bool(r, f->key) : json_opt_bool(r, f->key, false);
		break;
	case FIELD_TRI:
		if (needed || has(r, f->key))
			tri = json_need_bool(r, f->key) ? TRI_YES : TRI_NO;
		memcpy(dst, &tri, sizeof(tri));
		break;
	case FIELD_LIST:
	case FIELD_STRINGS:
	case FIELD_ARRAY:
		decode_array(r, f, dst);
		break;
	case FIELD_VIEW:
		if (f->sub && json_is_object(json_object_get(r->obj, f->key)))
			decode_obj(r, f, (char *)dst - f->offset);
		else
			decode_view(r, f, dst);
		break;
	case FIELD_OBJ:
	case FIELD_JSON:
		decode_obj(r, f, dst);
		break;
	}
}

int record_decode_in(const struct field *fields, struct json_reader *reader, void *record)
{
	for (const struct field *f = fields; f->key && reader->status >= 0; f++)
		decode_field(reader, f, at_mut(f, record));
	return json_reader_end(reader);
}

int record_decode(const struct field *fields, json_t *obj, void *record, struct err *err)
{
	struct json_reader reader = json_reader_root(obj, err);

	return record_decode_in(fields, &reader, record);
}

/* ---- freeing --------------------------------------------------------------------------------- */

static void list_done(const struct field *f, void *value)
{
	struct any_list list = list_get(value);

	for (size_t i = 0; f->type == FIELD_LIST && i < list.n; i++)
		record_done(f->sub, (char *)list.items + i * f->size);
	free(list.items);
	list = (struct any_list){0};
	memcpy(value, &list, sizeof(list));
}

void record_done(const struct field *fields, void *record)
{
	for (const struct field *f = fields; f->key; f++) {
		void *value = at_mut(f, record);
		json_t *doc = NULL;

		if (f->type == FIELD_LIST || f->type == FIELD_STRINGS) {
			list_done(f, value);
		} else if (f->type == FIELD_OBJ) {
			record_done(f->sub, value);
		} else if (f->type == FIELD_JSON || f->type == FIELD_ARRAY) {
			memcpy(&doc, value, sizeof(doc));
			json_decref(doc);
			doc = NULL;
			memcpy(value, &doc, sizeof(doc));
		}
	}
}
