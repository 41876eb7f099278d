/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON documents and typed, path-naming getters over jansson; see base/json.h.
 *
 * jansson parses recursively up to 2,048 levels; the depth scan here runs first, over the raw bytes
 * and without a stack, so that a hostile body cannot buy more than LIMIT_JSON_DEPTH frames.
 */
#include <base/json.h>

#include <inttypes.h>
#include <string.h>

#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>

static int check_depth(const char *p, size_t n_bytes, struct err *err)
{
	bool in_string = false, escaped = false;
	int depth = 0;

	for (size_t i = 0; i < n_bytes; i++) {
		char c = p[i];

		if (in_string) {
			if (escaped)
				escaped = false;
			else if (c == '\\')
				escaped = true;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > LIMIT_JSON_DEPTH)
				return err_set(err, ERR_JSON_DEPTH,
					       "more than %d levels at byte %zu", LIMIT_JSON_DEPTH,
					       i);
		} else if (c == ']' || c == '}') {
			depth--;
		}
	}
	return 0;
}

int json_load_strict(const void *p, size_t n_bytes, size_t max_bytes, json_t **ret, struct err *err)
{
	json_error_t why;
	json_t *doc;

	if (n_bytes > max_bytes)
		return err_set(err, ERR_TOO_BIG, "document has %zu bytes, the maximum is %zu",
			       n_bytes, max_bytes);
	TRY(check_depth(p, n_bytes, err));
	doc = json_loadb(p, n_bytes, JSON_REJECT_DUPLICATES, &why);
	if (!doc)
		return err_set(err, ERR_JSON, "%s (line %d, column %d)", why.text, why.line,
			       why.column);
	*ret = doc;
	return 0;
}

int json_load_file_strict(const char *path, size_t max_bytes, json_t **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	TRY(file_read(path, max_bytes, &text, &n_bytes, err));
	if (json_load_strict(text, n_bytes, max_bytes, ret, err) < 0)
		return err_wrap(err, "file '%s'", path);
	return 0;
}

char *json_text(const json_t *doc)
{
	char *text = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	return text ? text : xstrdup("null");
}

json_t *json_string_of(const char *text)
{
	json_t *out = json_string(text ? text : "");

	if (out)
		return out;
	autofree char *mended = xstrdup(text);
	text_mend(mended);
	return json_string(mended);
}

struct json_reader json_reader_root(json_t *obj, struct err *err)
{
	struct json_reader r = {.obj = obj, .err = err};

	if (!json_is_object(obj)) {
		r.status = err_set(err, ERR_FIELD_TYPE, "the document is not an object");
		r.obj = NULL;
	}
	return r;
}

/* RFC 6901: '~' and '/' in a key are written ~0 and ~1. */
static void append_key(char *path, size_t path_bytes, const char *base, const char *key)
{
	size_t n;

	snprintf(path, path_bytes, "%s/", base);
	n = strlen(path);
	for (; *key && n + 3 < path_bytes; key++) {
		if (*key == '~' || *key == '/') {
			path[n++] = '~';
			path[n++] = *key == '~' ? '0' : '1';
		} else {
			path[n++] = *key;
		}
	}
	path[n] = '\0';
}

struct json_reader json_reader_sub(const struct json_reader *parent, json_t *obj, const char *key)
{
	struct json_reader r = {.obj = obj, .err = parent->err, .status = parent->status};

	append_key(r.path, sizeof(r.path), parent->path, key);
	if (!r.status && !json_is_object(obj)) {
		r.status = err_set(r.err, ERR_FIELD_TYPE, "'%s' is not an object", r.path);
		err_at(r.err, r.path);
	}
	return r;
}

struct json_reader json_reader_item(const struct json_reader *parent, json_t *obj, const char *key,
				    size_t index)
{
	char item[64];

	(void)text_fit(item, 41, key);
	struct json_reader array = *parent;
	append_key(array.path, sizeof(array.path), parent->path, item);
	snprintf(item, sizeof(item), "%zu", index);
	return json_reader_sub(&array, obj, item);
}

void json_reader_fail(struct json_reader *r, const char *key, enum err_code code,
		      const char *format, ...)
{
	char path[96], reason[ERR_MSG_MAX_BYTES];
	va_list ap;

	if (r->status)
		return;
	append_key(path, sizeof(path), r->path, key);
	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	r->status = err_set(r->err, code, "field '%s' %.200s", path, reason);
	err_at(r->err, path);
}

static json_t *look_up(struct json_reader *r, const char *key, bool needed)
{
	json_t *value;

	if (r->status)
		return NULL;
	BUG_ON(r->n_seen == JSON_READER_MAX_KEYS);
	r->seen[r->n_seen++] = key;
	value = json_object_get(r->obj, key);
	if (!value && needed)
		json_reader_fail(r, key, ERR_FIELD_MISSING, "is missing");
	return value;
}

static json_t *look_up_typed(struct json_reader *r, const char *key, bool needed, json_type type,
			     const char *type_name)
{
	json_t *value = look_up(r, key, needed);

	if (!value || json_typeof(value) == type)
		return value;
	json_reader_fail(r, key, ERR_FIELD_TYPE, "is not %s", type_name);
	return NULL;
}

static const char *check_str(struct json_reader *r, const char *key, json_t *value,
			     size_t min_bytes, size_t max_bytes)
{
	size_t n = json_string_length(value);

	if (n < min_bytes || n > max_bytes) {
		json_reader_fail(r, key, ERR_FIELD_RANGE, "has %zu bytes, allowed are %zu to %zu",
				 n, min_bytes, max_bytes);
		return NULL;
	}
	return json_string_value(value);
}

const char *json_need_str(struct json_reader *r, const char *key, size_t min_bytes,
			  size_t max_bytes)
{
	json_t *value = look_up_typed(r, key, true, JSON_STRING, "a string");

	return value ? check_str(r, key, value, min_bytes, max_bytes) : NULL;
}

const char *json_opt_str(struct json_reader *r, const char *key, size_t max_bytes,
			 const char *fallback)
{
	json_t *value = look_up_typed(r, key, false, JSON_STRING, "a string");

	return value ? check_str(r, key, value, 0, max_bytes) : fallback;
}

static int64_t check_int(struct json_reader *r, const char *key, json_t *value, int64_t min,
			 int64_t max)
{
	int64_t v = json_integer_value(value);

	if (v < min || v > max)
		json_reader_fail(r, key, ERR_FIELD_RANGE,
				 "is %" PRId64 ", allowed are %" PRId64 " to %" PRId64, v, min,
				 max);
	return v;
}

int64_t json_need_int(struct json_reader *r, const char *key, int64_t min, int64_t max)
{
	json_t *value = look_up_typed(r, key, true, JSON_INTEGER, "an integer");

	return value ? check_int(r, key, value, min, max) : 0;
}

int64_t json_opt_int(struct json_reader *r, const char *key, int64_t min, int64_t max,
		     int64_t fallback)
{
	json_t *value = look_up_typed(r, key, false, JSON_INTEGER, "an integer");

	return value ? check_int(r, key, value, min, max) : fallback;
}

static bool read_bool(struct json_reader *r, const char *key, bool needed, bool fallback)
{
	json_t *value = look_up(r, key, needed);

	if (!value)
		return fallback;
	if (!json_is_boolean(value))
		json_reader_fail(r, key, ERR_FIELD_TYPE, "is not true or false");
	return json_is_true(value);
}

bool json_need_bool(struct json_reader *r, const char *key)
{
	return read_bool(r, key, true, false);
}

bool json_opt_bool(struct json_reader *r, const char *key, bool fallback)
{
	return read_bool(r, key, false, fallback);
}

json_t *json_need_obj(struct json_reader *r, const char *key)
{
	return look_up_typed(r, key, true, JSON_OBJECT, "an object");
}

json_t *json_opt_obj(struct json_reader *r, const char *key)
{
	return look_up_typed(r, key, false, JSON_OBJECT, "an object");
}

static json_t *check_arr(struct json_reader *r, const char *key, json_t *value, size_t max_items)
{
	if (value && json_array_size(value) > max_items) {
		json_reader_fail(r, key, ERR_TOO_BIG, "has %zu items, the maximum is %zu",
				 json_array_size(value), max_items);
		return NULL;
	}
	return value;
}

json_t *json_need_arr(struct json_reader *r, const char *key, size_t max_items)
{
	return check_arr(r, key, look_up_typed(r, key, true, JSON_ARRAY, "an array"), max_items);
}

json_t *json_opt_arr(struct json_reader *r, const char *key, size_t max_items)
{
	return check_arr(r, key, look_up_typed(r, key, false, JSON_ARRAY, "an array"), max_items);
}

const char *json_need_hex(struct json_reader *r, const char *key, size_t n_digits)
{
	const char *text = json_need_str(r, key, n_digits, n_digits);

	if (text && strspn(text, "0123456789abcdef") != n_digits) {
		json_reader_fail(r, key, ERR_INVALID, "is not lower-case hexadecimal");
		return NULL;
	}
	return text;
}

static bool was_seen(const struct json_reader *r, const char *key)
{
	for (unsigned i = 0; i < r->n_seen; i++)
		if (!strcmp(r->seen[i], key))
			return true;
	return false;
}

int json_reader_end(struct json_reader *r)
{
	const char *key;
	json_t *value;

	if (r->status)
		return r->status;
	json_object_foreach (r->obj, key, value) {
		if (!was_seen(r, key)) {
			json_reader_fail(r, key, ERR_FIELD_UNKNOWN, "is unknown");
			break;
		}
	}
	return r->status;
}
