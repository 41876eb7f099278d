/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of a CSV file become members of a delivery's row. Input: files from vendors; fuzzed with
 * csv.c.
 */
#include "csv_columns.h"

#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/delivery.h>
#include <inventory/identity.h>

#include "delivery_cell.h"

static void add_parts(json_t *list, struct sv text, const char *separators)
{
	while (text.n > 0) {
		size_t n = 0;
		while (n < text.n && !strchr(separators, text.p[n]))
			n++;
		if (n > 0 && json_array_size(list) <= DELIVERY_MACS_MAX)
			(void)json_array_append_new(list, json_stringn(text.p, n));
		n += n < text.n;
		text = (struct sv){text.p + n, text.n - n};
	}
}

/* Blanks stand between addresses, or inside one. */
static void add_macs(json_t *list, const char *text)
{
	char mac[MAC_TEXT_BYTES];

	while (*text) {
		size_t n = strcspn(text, ";|,/&\t\r\n");
		struct sv one = sv_trim((struct sv){text, n});
		if (hw_mac_parse(one, MAC_ANY, mac))
			add_parts(list, one, "");
		else
			add_parts(list, one, " ");
		text += n + (text[n] != '\0');
	}
}

static void put(json_t *row, const struct delivery_column *c, json_t *v)
{
	int64_t number = 0;
	json_t *macs = json_object_get(row, "macs");

	if (!c || !json_string_value(v)[0])
		return;
	if (c->kind == COLUMN_MACS && !macs) {
		macs = json_array();
		(void)json_object_set_new(row, c->member, macs);
	}
	if (c->kind == COLUMN_MACS &&
	    (placeholder_serial(json_string_value(v)) || cell_is_empty(json_string_value(v))))
		(void)json_array_append(macs, v); /* "N/A" is one word */
	else if (c->kind == COLUMN_MACS)
		add_macs(macs, json_string_value(v));
	else if (c->kind == COLUMN_UNIT && parse_i64(json_string_value(v), &number))
		(void)json_object_set_new(row, c->member, json_integer(number));
	else
		(void)json_object_set(row, c->member, v);
}

/* An empty cell says nothing. */
static void put_custom(json_t *row, const char *name, json_t *v)
{
	json_t *custom = json_object_get(row, "custom");

	if (!json_string_value(v)[0])
		return;
	if (!custom) {
		custom = json_object();
		(void)json_object_set_new(row, "custom", custom);
	}
	(void)json_object_set(custom, name, v);
}

void csv_put(const struct csv_columns *columns, size_t i, json_t *cell, json_t *row)
{
	if (columns->custom[i][0])
		put_custom(row, columns->custom[i], cell);
	else
		put(row, columns->of[i], cell);
}
