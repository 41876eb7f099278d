/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The component table; see component.h. Linear look-up: a host has hundreds of parts at most.
 */
#include <burnin/component.h>

#include <stdio.h>
#include <base/str.h>

static const struct {
	const char *name, *one, *several;
} kinds[_COMPONENT_KIND_MAX] = {
#define X(kind, name, one, several, title) [COMPONENT_##kind] = {name, one, several},
#include <burnin/component_kinds.def>
#undef X
};

const char *component_kind_str(enum component_kind kind)
{
	return kind < _COMPONENT_KIND_MAX ? kinds[kind].name : "unknown";
}

const char *component_kind_word(enum component_kind kind)
{
	BUG_ON(kind >= _COMPONENT_KIND_MAX);
	return kinds[kind].one;
}

const char *component_kind_plural(enum component_kind kind)
{
	BUG_ON(kind >= _COMPONENT_KIND_MAX);
	return kinds[kind].several;
}

struct component *component_add(component_list *list, enum component_kind kind, const char *key)
{
	struct component c = {.kind = kind, .place = DIMM_NOWHERE};
	unsigned n = 0;

	if (list->n >= COMPONENT_MAX)
		return NULL;
	for (size_t i = 0; i < list->n; i++)
		n += list->items[i].kind == kind;
	snprintf(c.id, sizeof(c.id), "%s-%u", component_kind_str(kind), n);
	(void)str_copy(c.key, sizeof(c.key), key);
	VEC_PUSH(list, c);
	return &list->items[list->n - 1];
}

const struct component *component_find(const component_list *list, enum component_kind kind,
				       const char *key)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].kind == kind && str_eq(list->items[i].key, key))
			return &list->items[i];
	return NULL;
}

const struct component *component_at_pci(const component_list *list, enum component_kind kind,
					 const char *pci)
{
	for (size_t i = 0; *pci && i < list->n; i++)
		if (list->items[i].kind == kind && str_eq(list->items[i].pci, pci))
			return &list->items[i];
	return NULL;
}
