/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of fields that people define, checked by type. Pure. Private to the room.
 */
#ifndef INVENTORY_CUSTOM_VALUE_H
#define INVENTORY_CUSTOM_VALUE_H

#include <inventory/custom.h>

struct custom_kind {
	enum custom_type type;
	const json_t *choices;
};
bool custom_type_parse(const char *text, enum custom_type *ret);
/* Letters, digits and _, a letter first. */
bool custom_name_is_good(const char *name);
/* NULL, or what the value should be. v: a caller's, not null. */
const char *custom_value_reason(const struct custom_kind *kind, const json_t *v);

#endif
