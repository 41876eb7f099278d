/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for serial consoles; see proto/console.h and the kernel's serial-console.rst. Input: profiles,
 * plans.
 */
#include <proto/console.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES   16
#define SPEED_MAX_DIGITS 7

static size_t digits(const char *p)
{
	return strspn(p, "0123456789");
}

/* Letters and then a number; 0: not a serial line's name. */
static size_t name_length(const char *word)
{
	size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	size_t number = digits(word + letters);
	bool tty = strncmp(word, "tty", 3) == 0 && letters > 3;

	if (!(tty || (letters == 3 && strncmp(word, "hvc", 3) == 0)) || number == 0 || number > 3 ||
	    letters + number > NAME_MAX_BYTES)
		return 0;
	return letters + number;
}

/* "115200n8r" */
static bool is_options(const char *p)
{
	size_t n = digits(p);

	if (n < 2 || n > SPEED_MAX_DIGITS || *p == '0')
		return false;
	p += n;
	if (*p && !strchr("noe", *p++))
		return false;
	if (*p && (*p < '5' || *p++ > '8'))
		return false;
	return *p == '\0' || (p[0] == 'r' && p[1] == '\0');
}

bool console_is_good(const char *word)
{
	size_t n = name_length(word);

	if (n == 0 || strlen(word) >= CONSOLE_MAX_BYTES)
		return false;
	return word[n] == '\0' || (word[n] == ',' && is_options(word + n + 1));
}

size_t console_name_length(const char *word)
{
	return console_is_good(word) ? name_length(word) : 0;
}

unsigned console_speed(const char *word)
{
	const char *comma = strchr(word, ',');
	unsigned speed = 0;

	return comma && console_is_good(word) && sscanf(comma + 1, "%7u", &speed) == 1 ? speed : 0;
}
