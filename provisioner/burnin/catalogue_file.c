/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test of the catalogue as a JSON file; see catalogue.h and CATALOGUE.md. Input: a file of the
 * operator, or the text that a signed plan carries. Strict: a misspelt key would be a condition that
 * nobody checks.
 */
#include <burnin/catalogue.h>

#include <base/json.h>
#include <base/str.h>
#include <burnin/judge.h>

#define TYPE "slipway-burn-in-test/v1"

const char *const catalogue_tiers[CATALOGUE_TIERS + 1] = {"quick", "standard", "acceptance", NULL};

static const char *const limit_names[_LIMIT_MAX] = {"none", "cpu", "memory", "disk"};

static bool is_made_of(const char *text, const char *allowed)
{
	return *text && strspn(text, allowed) == strlen(text);
}

#define LOWER   "abcdefghijklmnopqrstuvwxyz0123456789-"
#define PROGRAM LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.+"

static void check(struct json_reader *r, const char *key, bool good, const char *why)
{
	if (r->status >= 0 && !good)
		json_reader_fail(r, key, ERR_BURNIN_CATALOGUE, "%s", why);
}

/* ---- lists ----------------------------------------------------------------------------------- */

typedef bool is_known(const char *word);

static bool is_part(const char *word)
{
	for (int k = 0; k < _COMPONENT_KIND_MAX; k++)
		if (str_eq(component_kind_str((enum component_kind)k), word))
			return true;
	return false;
}

static bool is_counter(const char *word)
{
	for (int k = 0; k < _COUNTER_KIND_MAX; k++)
		if (str_eq(counter_kind_str((enum counter_kind)k), word))
			return true;
	return false;
}

static bool is_platform(const char *word)
{
	return str_eq(word, "x86_64") || str_eq(word, "aarch64");
}

static bool is_program(const char *word)
{
	return is_made_of(word, PROGRAM) && word[0] != '.' && word[0] != '-';
}

static bool is_argument(const char *word)
{
	return text_is_utf8(word);
}

static void read_list(struct json_reader *r, json_t *list, const char *key, is_known *known,
		      const char **ret)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *word = json_string_value(item);

		if (!word || !known(word)) {
			json_reader_fail(r, key, ERR_BURNIN_CATALOGUE, "unknown value '%.40s'",
					 word ? word : "(not a text)");
			return;
		}
		ret[i] = word;
	}
}

static void opt_list(struct json_reader *r, const char *key, is_known *known, const char **ret)
{
	read_list(r, json_opt_arr(r, key, CATALOGUE_LIST_MAX), key, known, ret);
}

/* ---- members --------------------------------------------------------------------------------- */

static void read_seconds(struct json_reader *parent, struct catalogue_test *t)
{
	json_t *obj = json_need_obj(parent, "seconds");

	if (!obj)
		return;
	struct json_reader r = json_reader_sub(parent, obj, "seconds");
	for (int i = 0; i < CATALOGUE_TIERS; i++)
		t->seconds[i] = json_need_int(&r, catalogue_tiers[i], 0, CATALOGUE_TEST_MAX_S);
	parent->status = json_reader_end(&r);
}

static void read_limit(struct json_reader *r, struct catalogue_test *t)
{
	const char *word = json_opt_str(r, "limit", 16, "none");
	int i = 0;

	while (word && i < _LIMIT_MAX && !str_eq(limit_names[i], word))
		i++;
	check(r, "limit", i < _LIMIT_MAX, "use none, cpu, memory or disk");
	t->limit = i < _LIMIT_MAX ? (enum catalogue_limit)i : LIMIT_NONE;
}

static void read_needs(struct json_reader *parent, struct catalogue_test *t)
{
	json_t *obj = json_opt_obj(parent, "needs");

	if (!obj)
		return;
	struct json_reader r = json_reader_sub(parent, obj, "needs");
	opt_list(&r, "parts", is_part, t->needs_parts);
	opt_list(&r, "tools", is_program, t->needs_tools);
	opt_list(&r, "devices", is_program, t->needs_devices);
	t->needs_memory_mib = json_opt_int(&r, "memory_mib", 0, 1 << 30, 0);
	parent->status = json_reader_end(&r);
}

static void read_number(struct json_reader *r, json_t *obj, const char *key, bool *ret_has,
			double *ret)
{
	json_t *v = json_object_get(obj, key);

	*ret_has = v != NULL;
	*ret = json_number_value(v);
	check(r, key, !v || json_is_number(v), "a bound is a number");
	if (v && r->n_seen < JSON_READER_MAX_KEYS)
		r->seen[r->n_seen++] = key;
}

static void read_bounds(struct json_reader *parent, struct catalogue_test *t)
{
	json_t *list = json_opt_arr(parent, "pass", CATALOGUE_LIST_MAX), *item;
	size_t i;

	json_array_foreach (list, i, item) {
		struct json_reader r = json_reader_item(parent, item, "pass", i);
		struct catalogue_bound *b = &t->bounds[i];

		b->name = json_need_str(&r, "measurement", 1, 64);
		b->unit = json_opt_str(&r, "unit", 32, "");
		if (r.status >= 0) {
			read_number(&r, item, "at_least", &b->has_least, &b->least);
			read_number(&r, item, "at_most", &b->has_most, &b->most);
		}
		check(&r, "at_least", b->has_least || b->has_most, "give at_least or at_most");
		parent->status = json_reader_end(&r);
		if (parent->status < 0)
			return;
		t->n_bounds = i + 1;
	}
}

static void read_fault(struct json_reader *r, struct catalogue_test *t)
{
	const char *verdict = json_opt_str(r, "fault", 64, "burn-in-test-failed");

	t->symptom = verdict ? burnin_symptom_of(verdict) : SYMPTOM_NONE;
	check(r, "fault", t->symptom != SYMPTOM_NONE, "no rule has this verdict");
}

static bool is_judge(const char *word)
{
	return str_eq(word, "agent") || str_eq(word, "lines") || burnin_judge_knows(word);
}

static void read_tool(struct json_reader *r, struct catalogue_test *t)
{
	t->tool = json_need_str(r, "tool", 1, 64);
	read_list(r, json_opt_arr(r, "args", CATALOGUE_ARGS_MAX), "args", is_argument, t->args);
	t->judge = json_need_str(r, "judge", 1, 32);
	if (r->status < 0)
		return;
	check(r, "tool", is_program(t->tool), "a tool is the name of a program, without a folder");
	check(r, "judge", is_judge(t->judge), "no reader is called that");
	check(r, "judge", str_eq(t->judge, "agent") == str_eq(t->tool, CATALOGUE_AGENT),
	      "'agent' goes with the tool " CATALOGUE_AGENT ", and only with it");
}

static int read_test(json_t *doc, struct catalogue_test *t, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);
	const char *type = json_need_str(&r, "type", 1, 64);

	check(&r, "type", !type || str_eq(type, TYPE), "the type must be " TYPE);
	t->id = json_need_str(&r, "id", 1, CATALOGUE_ID_BYTES - 1);
	check(&r, "id", t->id && is_made_of(t->id, LOWER), "use a-z, 0-9 and -");
	t->version = json_need_str(&r, "version", 1, 32);
	t->name = json_need_str(&r, "name", 1, 64);
	t->order = json_need_int(&r, "order", 0, 1000);
	read_tool(&r, t);
	read_seconds(&r, t);
	read_limit(&r, t);
	read_fault(&r, t);
	opt_list(&r, "loads", is_part, t->loads);
	opt_list(&r, "counters", is_counter, t->counters);
	opt_list(&r, "platforms", is_platform, t->platforms);
	read_needs(&r, t);
	read_bounds(&r, t);
	t->needed = json_opt_bool(&r, "needed", false);
	t->destructive = json_opt_bool(&r, "destructive", false);
	t->enabled = json_opt_bool(&r, "enabled", true);
	t->verified = json_opt_bool(&r, "verified", false);
	check(&r, "needed", !t->needed || t->verified, "only a verified test can be needed");
	return json_reader_end(&r);
}

int catalogue_parse(const char *text, size_t n_bytes, struct catalogue_test *ret, struct err *err)
{
	struct err why = ERR_INIT;

	*ret = (struct catalogue_test){0};
	if (json_load_strict(text, n_bytes, CATALOGUE_FILE_MAX_BYTES, &ret->doc, &why) < 0 ||
	    read_test(ret->doc, ret, &why) < 0)
		return err_set(err, ERR_BURNIN_CATALOGUE, "%s", why.msg);
	ret->text = xstrndup(text, n_bytes);
	sha256_hex_of(text, n_bytes, ret->sha256);
	return 0;
}

void catalogue_test_done(struct catalogue_test *t)
{
	free(t->text);
	json_decref(t->doc);
	*t = (struct catalogue_test){0};
}
