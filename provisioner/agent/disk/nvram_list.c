/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading efibootmgr's list; see nvram.h. HW: label and device path are separated by a tab; versions from
 * 18 on add lines of their own below an entry, which begin with blanks. Input: labels of vendors.
 */
#include "nvram.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <proto/record.h>

static bool is_listed(const struct nvram *n, unsigned number)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->entries[i].number == number)
			return true;
	return false;
}

/* Four hexadecimal digits, and nothing that goes on as a number. */
static bool take_number(struct sv *text, unsigned *ret)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	char number[5] = "";

	for (size_t i = 0; i < 4; i++) {
		if (i >= text->n || !strchr(digits, text->p[i]) || !text->p[i])
			return false;
		number[i] = text->p[i];
	}
	*text = (struct sv){text->p + 4, text->n - 4};
	return sscanf(number, "%x", ret) == 1;
}

static void take_entry(struct sv line, struct nvram *ret)
{
	struct nvram_entry *e = &ret->entries[ret->n];
	unsigned number;

	line = (struct sv){line.p + strlen("Boot"), line.n - strlen("Boot")};
	if (ret->n == NVRAM_MAX_ENTRIES || !take_number(&line, &number) || is_listed(ret, number))
		return;
	*e = (struct nvram_entry){.number = number, .active = sv_starts(line, "*")};
	if (!e->active && !sv_starts(line, " "))
		return;
	line = (struct sv){line.p + 1, line.n - 1};
	struct sv label = sv_trim(sv_split(&line, '\t'));
	text_clean(e->label, sizeof(e->label), label.p, label.n);
	line = sv_trim(line);
	text_clean(e->path, sizeof(e->path), line.p, line.n);
	ret->n++;
}

static void take_order(struct sv list, struct nvram *ret)
{
	ret->n_order = 0;
	while (list.n && ret->n_order < NVRAM_MAX_ENTRIES) {
		struct sv word = sv_trim(sv_split(&list, ','));
		unsigned number;

		if (take_number(&word, &number) && word.n == 0)
			ret->order[ret->n_order++] = number;
	}
}

static bool take_line(struct sv line, struct nvram *ret)
{
	struct sv value = line, key = sv_trim(sv_split(&value, ':'));
	unsigned number;

	value = sv_trim(value);
	if (sv_eq_str(key, "BootOrder")) {
		take_order(value, ret);
		return true;
	}
	if (sv_eq_str(key, "BootCurrent")) {
		if (take_number(&value, &number))
			ret->current = (int)number;
		return true;
	}
	size_t before = ret->n;
	if (sv_starts(line, "Boot"))
		take_entry(line, ret);
	return ret->n > before;
}

bool nvram_parse(const char *text, struct nvram *ret)
{
	struct sv rest = sv_of(text);
	bool any = false;

	*ret = (struct nvram){.current = -1};
	while (rest.n)
		any |= take_line(sv_split(&rest, '\n'), ret);
	return any;
}
