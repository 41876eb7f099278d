/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of switches and of their ports as plans, command lines and LLDP spell them: is it the same
 * one? What cannot be shown to be the same is different. Pure.
 */
#ifndef INVENTORY_EXPECT_PORT_NAME_H
#define INVENTORY_EXPECT_PORT_NAME_H

#include <stdbool.h>
#include <base/str.h>

/* "sw01" is "SW01.example.net"; two names with different domains are two switches. A chassis' MAC is
 * the same in each notation. trust: none. */
bool port_name_same_switch(const char *a, const char *b);
/* "Gi1/0/3" is "GigabitEthernet1/0/3", "Eth1/1" is "Ethernet 1/1"; a word that the table of
 * spellings does not hold ("swp1", "ge-0/0/3", "ethtrunk1") is compared as text without case.
 * trust: none. */
bool port_name_same_port(const char *a, const char *b);

/* Append a text that is the same for two switches, and for two ports, that are the same one; others may
 * have it, too: ask then. trust: none. */
void port_name_switch_key(const char *name, struct str *out);
void port_name_port_key(const char *name, struct str *out);

/* Does what was found tell that it is another one than what was wanted? A switch that gives its
 * chassis' address alone, or a port its MAC or its count, does not, nor does "Gi1/0/3" for "1/0/3".
 * Asked of two that are not the same. trust: none. */
bool port_name_tells_switch(const char *wanted, const char *found);
bool port_name_tells_port(const char *wanted, const char *found);

#endif
