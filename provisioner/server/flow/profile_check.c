/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All problems of a profile; see profile_check.h. The reader of records ends at the first error, so
 * what is wrong is taken out of a copy and the copy is read again. Input: an operator's document.
 */
#include "profile_check.h"

#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include "ssh_key.h"

#define SHOWN_BYTES 40 /* of a word that is wrong */

/* ---- what the record table cannot say -------------------------------------------------------- */

static int check_placeholders(const struct profile *p, struct err *err)
{
	static const char *const known[] = {"{short_code}", "{serial}", "{arch}"};

	for (const char *at = strchr(p->hostname, '{'); at; at = strchr(at + 1, '{')) {
		bool good = false;
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			good = good || str_starts(at, known[i]);
		if (good)
			continue;
		const char *end = strchr(at, '}');
		size_t n = end ? (size_t)(end - at) + 1 : strlen(at);
		(void)err_set(
			err, ERR_INVALID,
			"unknown placeholder '%.*s'; expected {short_code}, {serial} or {arch}",
			(int)(n < SHOWN_BYTES ? n : SHOWN_BYTES), at);
		return err_at(err, "/host/hostname");
	}
	return 0;
}

static int check_key(const json_t *keys, size_t i, struct err *err)
{
	const char *key = json_string_value(json_array_get(keys, i));
	char pointer[64];

	if (ssh_key_check(key ? key : "", err) >= 0)
		return 0;
	(void)snprintf(pointer, sizeof(pointer), "/host/ssh_authorized_keys/%zu", i);
	return err_at(err, pointer);
}

int profile_check(const struct profile *p, struct err *err)
{
	TRY(check_placeholders(p, err));
	for (size_t i = 0; i < json_array_size(p->ssh_authorized_keys); i++)
		TRY(check_key(p->ssh_authorized_keys, i, err));
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

void profile_problem_add(json_t *list, const struct err *problem)
{
	(void)json_array_append_new(
		list, json_pack("{s:s, s:s, s:o, s:s}", "pointer", problem->pointer, "code",
				err_name(problem->code), "detail", json_string_of(problem->msg),
				"hint", err_hint(problem->code)));
}

static void check_rest(const struct profile *p, json_t *list)
{
	struct err err = ERR_INIT;

	if (check_placeholders(p, &err) < 0)
		profile_problem_add(list, &err);
	for (size_t i = 0; i < json_array_size(p->ssh_authorized_keys); i++) {
		struct err of_key = ERR_INIT;
		if (check_key(p->ssh_authorized_keys, i, &of_key) < 0)
			profile_problem_add(list, &of_key);
	}
}

/* A name and a match are needed by every profile: something good stands in for them. */
static bool stand_in(json_t *doc, const char *pointer)
{
	if (str_eq(pointer, "/name"))
		return json_object_set_new(doc, "name", json_string("unnamed")) == 0;
	if (str_eq(pointer, "/match"))
		return json_object_set_new(doc, "match", json_pack("{s:s}", "serial", "*")) == 0;
	return false;
}

/* Take what a pointer names out of a document, or, where it is missing, what it is missing in. */
static bool take_out(json_t *doc, const char *pointer)
{
	struct sv rest = sv_of(pointer);
	json_t *parent = NULL, *at = doc;
	char key[128] = "", above[128] = "";

	(void)sv_split(&rest, '/');
	while (rest.n > 0) {
		struct sv word = sv_split(&rest, '/');
		json_t *next;
		(void)str_copy(above, sizeof(above), key);
		if (word.n == 0 || word.n >= sizeof(key))
			return false;
		memcpy(key, word.p, word.n);
		key[word.n] = '\0';
		next = json_object_get(at, key);
		if (!next)
			break; /* missing, or an item of a list: what holds it goes */
		parent = at;
		at = next;
		if (rest.n == 0)
			return json_object_del(parent, key) == 0;
	}
	return parent && json_object_del(parent, above) == 0;
}

/* A wrong value that was taken out is missing next: one problem, not two. */
static bool is_told(const json_t *list, const char *pointer)
{
	const json_t *last = json_array_get(list, json_array_size(list) - 1);

	return str_eq(json_string_value(json_object_get(last, "pointer")), pointer);
}

json_t *profile_problems(const json_t *doc)
{
	autojson json_t *copy = json_deep_copy(doc);
	json_t *list = json_array();
	bool again = true;

	while (again && json_array_size(list) < PROFILE_PROBLEMS_MAX) {
		struct err err = ERR_INIT;
		struct profile p = {0};
		again = false;
		if (profile_parse(copy, &p, &err) >= 0) {
			check_rest(&p, list);
		} else {
			if (!is_told(list, err.pointer))
				profile_problem_add(list, &err);
			again = stand_in(copy, err.pointer) || take_out(copy, err.pointer);
		}
		profile_done(&p);
	}
	return list;
}
