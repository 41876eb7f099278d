/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units of a BMC from ipmitool's text; see fru_text.h:
 *     FRU Device Description : PS1 (ID 3)
 *      Product Manufacturer  : SUPERMICRO
 *      Product Part Number   : PWS-2K04A-1R
 *      Product Serial        : P2K4ACH12CT0001
 */
#include <burnin/fru_text.h>

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <base/str.h>

#define UNIT "FRU Device Description"

/* The first key that has a value counts. */
static const struct {
	const char *key;
	size_t offset, bytes;
} fields[] = {
#define FIELD(key, member)                                                                         \
	{                                                                                          \
		key, offsetof(struct component, member), sizeof(((struct component *)0)->member)   \
	}
	FIELD("Product Name", name),
	FIELD("Product Manufacturer", manufacturer),
	FIELD("Product Part Number", part_number),
	FIELD("Product Serial", serial),
	FIELD("Board Product", name),
	FIELD("Board Mfg", manufacturer),
	FIELD("Board Part Number", part_number),
	FIELD("Board Serial", serial),
#undef FIELD
};

static bool is_of_kind(enum component_kind kind, const char *name)
{
	if (kind == COMPONENT_FAN)
		return strcasestr(name, "fan") || strcasestr(name, "blower");
	return kind == COMPONENT_SUPPLY && (strncasecmp(name, "ps", 2) == 0 ||
					    strcasestr(name, "psu") || strcasestr(name, "supply"));
}

/* -1: it has none. */
static long number_in(const char *name)
{
	size_t at = strcspn(name, "0123456789");

	return name[at] ? strtol(name + at, NULL, 10) : -1;
}

/* "PS1 (ID 3)": the id is not the number of the part. */
static bool is_unit_of(const struct component *c, struct sv description)
{
	char name[65];
	long wanted = number_in(c->location);

	text_print(name, sizeof(name), "%.*s", (int)(description.n < 64 ? description.n : 64),
		   description.p);
	char *id = strstr(name, "(ID");
	if (id)
		*id = '\0';
	return is_of_kind(c->kind, name) && wanted >= 0 && number_in(name) == wanted;
}

static void take(struct component *c, struct sv key, struct sv value)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		char *to = (char *)c + fields[i].offset;

		if (sv_eq_str(key, fields[i].key) && !*to && value.n)
			text_print(to, fields[i].bytes, "%.*s",
				   (int)(value.n < 128 ? value.n : 128), value.p);
	}
}

void fru_text_fill(const char *text, size_t n_bytes, struct component *c)
{
	struct component filled = *c;
	struct sv rest = {text, n_bytes};
	unsigned n_units = 0;
	bool ours = false;

	while (rest.n) {
		struct sv value = sv_split(&rest, '\n');
		struct sv key = sv_trim(sv_split(&value, ':'));

		value = sv_trim(value);
		if (sv_eq_str(key, UNIT)) {
			ours = is_unit_of(c, value);
			n_units += ours;
		} else if (ours) {
			take(&filled, key, value);
		}
	}
	if (n_units == 1)
		*c = filled;
}
