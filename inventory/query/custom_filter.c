/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters on fields that people define: rows are found by the index of their values. Apart from
 * custom_field.c, which other sources of conditions need. Input: values from URLs, bound.
 */
#include "custom_field.h"

#include <string.h>

int custom_field_add(struct sql *s, const struct collection_field *f, const struct condition *c,
		     struct err *err)
{
	struct collection_field value = *f;
	struct condition positive = *c;

	value.column = f->type == COLLECTION_INT ? "u.number" : "u.text";
	str_addf(&s->text,
		 "t.num %sIN (SELECT u.num FROM custom_value u WHERE u.object = '%s' AND u.name = "
		 "'%s' AND u.from_us <= @ AND u.until_us > @ AND ",
		 c->op == OP_NE ? "NOT " : "", s->c->name, f->name + strlen("custom."));
	if (c->op == OP_NE)
		positive.op = OP_EQ;
	TRY(condition_add(s, &value, &positive, err));
	str_addc(&s->text, ')');
	return 0;
}
