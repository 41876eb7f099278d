/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of firmware for nothing; see empty_word.h. Input: texts of SMBIOS tables.
 */
#include "empty_word.h"

#include <string.h>
#include <strings.h>
#include <base/str.h>

static const char *const words[] = {
	"",
	"not specified",
	"none",
	"unknown",
	"unknow",
	"undefined",
	"n/a",
	"na",
	"no dimm",
	"no module installed",
	"not installed",
	"null",
	"empty",
	"[empty]",
	"<empty>",
	"(empty)",
	"default string",
	"to be filled by o.e.m.",
	"to be filled by oem",
	"<bad index>",
	"<out of spec>",
};

/* "0", "00000000", "FFFFFFFF", "--------" */
static bool one_character(struct sv text)
{
	static const char fillers[] = "0Ff.-_ *?xX";

	if (text.n < 3 || !strchr(fillers, text.p[0]))
		return false; /* "0" may be a slot's name */
	for (size_t i = 1; i < text.n; i++)
		if (text.p[i] != text.p[0])
			return false;
	return true;
}

bool empty_word_is(const char *text)
{
	struct sv name = sv_trim(sv_of(text));

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (name.n == strlen(words[i]) && strncasecmp(name.p, words[i], name.n) == 0)
			return true;
	return one_character(name);
}
