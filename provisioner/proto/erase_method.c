/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of methods to erase; see proto/erase_method.h. Input: texts of configurations and plans.
 */
#include <proto/erase_method.h>

#include <base/cleanup.h>
#include <base/str.h>

static const char *const words[] = {
#define X(name, word) [ERASE_METHOD_##name] = word,
	ERASE_METHODS(X)
#undef X
};

const char *erase_method_str(enum erase_method m)
{
	return words[m];
}

static int add(struct erase_policy *p, struct sv word, struct err *err)
{
	size_t m = 0;

	while (m < ARRAY_LEN(words) && !sv_eq_str(word, words[m]))
		m++;
	if (m == ARRAY_LEN(words))
		return err_set(err, ERR_CONFIG,
			       "'%.*s' is not a method to erase a disk: use crypto, block, format, "
			       "security, sanitize-overwrite, overwrite",
			       (int)(word.n < 40 ? word.n : 40), word.p);
	for (size_t i = 0; i < p->n; i++)
		if (p->order[i] == (enum erase_method)m)
			return err_set(err, ERR_CONFIG, "method '%s' is named twice", words[m]);
	p->order[p->n++] = (enum erase_method)m;
	return 0;
}

int erase_policy_parse(const char *text, struct erase_policy *ret, struct err *err)
{
	struct sv rest = sv_trim(sv_of(text));

	*ret = (struct erase_policy){0};
	if (rest.n == 0)
		return err_set(err, ERR_CONFIG, "no method to erase a disk is named");
	if (rest.n >= ERASE_POLICY_MAX_BYTES)
		return err_set(err, ERR_CONFIG,
			       "the methods to erase a disk have %zu bytes, at most "
			       "%d",
			       rest.n, ERASE_POLICY_MAX_BYTES - 1);
	while (rest.n)
		TRY(add(ret, sv_trim(sv_split(&rest, ',')), err));
	return 0;
}
