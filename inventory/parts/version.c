/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sort keys of versions. A text is read as numbers and words; what stands between them is dropped,
 * and so are zeros that end a row of numbers: 2.13 and 2.13.0 are one version. rc, beta and their
 * like come before the end of the text, other words after it. Input: versions that machines report.
 */
#include "version.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/str.h>

/* tokens: their first digit orders them where a text has one of several kinds */
#define PRERELEASE "0"
#define END        "1"
#define WORD       "2"
#define NUMBER     "3"

#define WORD_MAX   64
#define DIGITS_MAX 99

static bool is_one_of(struct sv word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word.n == strlen(list[i]) && strncasecmp(word.p, list[i], word.n) == 0)
			return true;
	return false;
}

static void add_number(struct str *key, struct sv digits)
{
	while (digits.n > 1 && digits.p[0] == '0')
		digits = (struct sv){digits.p + 1, digits.n - 1};
	if (digits.n > DIGITS_MAX)
		digits.n = DIGITS_MAX;
	str_addf(key, NUMBER "%02zu%.*s", digits.n, (int)digits.n, digits.p);
}

/* Letters as two digits each: the key stays free of what collations disagree about. */
static void add_word(struct str *key, struct sv word)
{
	static const char *const before_end[] = {"alpha", "beta", "pre", "preview", "rc", "dev"};

	str_add(key, is_one_of(word, before_end, ARRAY_LEN(before_end)) ? PRERELEASE : WORD);
	for (size_t i = 0; i < word.n && i < WORD_MAX; i++)
		str_addf(key, "%d", tolower((unsigned char)word.p[i]) - 'a' + 11);
	str_add(key, "00");
}

static struct sv run_of(const char *p, int (*is)(int))
{
	size_t n = 0;

	while (is((unsigned char)p[n]))
		n++;
	return (struct sv){p, n};
}

static bool is_zero(struct sv digits)
{
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] != '0')
			return false;
	return digits.n > 0;
}

/* A number of `low` to `high`, and what stands behind it: a slash, or the end of the text. */
static bool take_of_date(const char **p, int low, int high, int *ret)
{
	struct sv digits = run_of(*p, isdigit);

	*ret = 0;
	for (size_t i = 0; i < digits.n && i < 4; i++)
		*ret = *ret * 10 + (digits.p[i] - '0');
	*p += digits.n;
	bool ends = high > 31 ? **p == '\0' : **p == '/';
	*p += ends && **p;
	return ends && digits.n > 0 && digits.n <= 4 && *ret >= low && *ret <= high;
}

/* "07/16/2020", as SMBIOS writes dates, or "16/07/2020" where only that is one, with the year in front,
 * so that it orders. Other texts stay. */
static const char *ordered(const char *text, char date[static 40])
{
	const char *p = text;
	int month, day, year;

	if (!take_of_date(&p, 1, 31, &month) || !take_of_date(&p, 1, 31, &day) ||
	    !take_of_date(&p, 1980, 2999, &year) || (month > 12 && day > 12))
		return text;
	bool turned = month > 12;
	(void)snprintf(date, 40, "%d-%d-%d", year, turned ? day : month, turned ? month : day);
	return date;
}

void version_key(const char *text, char ret[static VERSION_KEY_BYTES])
{
	static const char *const prefixes[] = {"v", "ver", "version"};
	autostr struct str key;
	size_t zeros = 0; /* that count only if a number follows */
	char date[40];

	text = ordered(text, date);
	str_init(&key, VERSION_KEY_BYTES - 2);
	for (const char *p = text; *p && str_ok(&key);) {
		struct sv digits = run_of(p, isdigit), word = run_of(p, isalpha);
		if (is_zero(digits)) {
			zeros++;
		} else if (digits.n) {
			for (; zeros > 0; zeros--)
				add_number(&key, SV("0"));
			add_number(&key, digits);
		} else if (word.n &&
			   !(key.n_bytes == 0 && is_one_of(word, prefixes, ARRAY_LEN(prefixes)))) {
			if (key.n_bytes == 0 && zeros > 0)
				add_number(&key, SV("0"));
			zeros = 0;
			add_word(&key, word);
		} else if (*p == '~' && key.n_bytes > 0) {
			str_add(&key, PRERELEASE); /* as packages write what comes before */
			zeros = 0;
		}
		p += digits.n + word.n ? digits.n + word.n : 1;
	}
	if (key.n_bytes == 0 && zeros > 0)
		add_number(&key, SV("0"));
	if (key.n_bytes > 0)
		str_add(&key, END);
	(void)str_copy(ret, VERSION_KEY_BYTES, key.p);
}

void version_key_family(const char *key, char low[static VERSION_KEY_BYTES],
			char high[static VERSION_KEY_BYTES])
{
	size_t n = 1;

	if (key[0] != NUMBER[0])
		while (key[n] && key[n + 1] && !(key[n] == '0' && key[n + 1] == '0'))
			n += 2;
	if (key[0] != NUMBER[0])
		n = n + 2 < strlen(key) ? n + 2 : strlen(key);
	(void)memcpy(low, key, n);
	low[n] = '\0';
	(void)memcpy(high, low, n);
	(void)memcpy(high + n, "9", 2);
}

/* ---- stored ---------------------------------------------------------------------------------- */

int version_note(struct db *db, const char *text, struct err *err)
{
	char key[VERSION_KEY_BYTES];

	version_key(text ? text : "", key);
	if (!key[0])
		return 0;
	return db_exec(db, err,
		       "INSERT INTO version_key (version, sort_key) VALUES ($1, $2) ON CONFLICT "
		       "(version) DO NOTHING",
		       p_text(text), p_text(key));
}

static int fill_from(struct db *db, const char *sql, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows, sql));
	while ((r = db_rows_next(rows, err)) == 1)
		TRY(version_note(db, db_text(rows, 0), err));
	return r;
}

#define LACKS_KEY(table, column)                                                                   \
	"SELECT DISTINCT " column " FROM " table " WHERE " column " <> '' AND " column             \
	" NOT IN (SELECT version FROM version_key)"

int version_fill(struct db *db, bool history, struct err *err)
{
	static const char *const present[] = {
		LACKS_KEY("host", "bios_version"), LACKS_KEY("host", "image_version"),
		LACKS_KEY("part", "firmware"), LACKS_KEY("receipt", "version")};
	static const char *const past[] = {LACKS_KEY("host_history", "bios_version"),
					   LACKS_KEY("host_history", "image_version"),
					   LACKS_KEY("part_history", "firmware")};

	for (size_t i = 0; i < ARRAY_LEN(present); i++)
		TRY(fill_from(db, present[i], err));
	for (size_t i = 0; history && i < ARRAY_LEN(past); i++)
		TRY(fill_from(db, past[i], err));
	return 0;
}

int version_fill_again(struct db *db, struct err *err)
{
	TRY(db_exec(db, err, "DELETE FROM version_key"));
	return version_fill(db, true, err);
}

int version_fill_all(struct db *db, struct err *err)
{
	return version_fill(db, true, err);
}
