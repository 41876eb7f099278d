/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two facts documents of one machine that was only started again: the kernel found its drives and
 * cards in another order. Private to the room. Pure.
 */
#ifndef INVENTORY_SAME_FACTS_H
#define INVENTORY_SAME_FACTS_H

#include <jansson.h>
#include <stdbool.h>

/* Do both say the same but for the kernel's names of drives and cards, and their order? trust: the
 * shape was checked, values may lie. */
bool same_facts(const json_t *a, const json_t *b);

#endif
