/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list of hosts shows of a facts document: columns, and a short JSON text. Private to the
 * room.
 */
#ifndef INVENTORY_BRIEF_H
#define INVENTORY_BRIEF_H

#include "found_part.h"

/* Strings are views into the document, but text. Numbers: -1 unknown. */
struct brief {
	const char *manufacturer, *model, *asset_tag, *bios_version, *cpu, *arch, *firmware;
	const char *switch_name, *switch_port;
	int64_t sockets, cores, threads, memory_mib, storage_bytes, drives, nics;
	char *text; /* members of a JSON object without its braces: "\"macs\":[...],..." */
};
void brief_from(const json_t *doc, const found_parts *parts, struct brief *ret);
void brief_done(struct brief *b);

/* What people call the port that LLDP describes: not the number or the address that the switch gave
 * it, if there is a description. owns: a view of `lldp`; "" if it names none. trust: none. */
const char *brief_port_of(const json_t *lldp);

#endif
