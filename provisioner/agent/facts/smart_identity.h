/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What smartctl says that drives there are, and which one a drive is: its documents of --scan,
 * --scan-open and -i (JSON, 7.0 and later). Pure.
 */
#ifndef AGENT_SMART_IDENTITY_H
#define AGENT_SMART_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <base/vec.h>
#include <proto/facts.h>

/* How smartctl reaches a drive behind a card: its device and the word behind -d. */
struct smart_path {
	char device[65]; /* "/dev/bus/0" */
	char access[33]; /* "megaraid,8" */
};
typedef VEC(struct smart_path) smart_path_list;

/* The drives of a scan that lie behind RAID cards; all others are left out. At most
 * FACTS_MAX_DRIVES. trust: none. owns: VEC_DONE(). */
void smart_scan_parse(const char *text, smart_path_list *ret);

/* Is it a device and a word of smartctl's for a drive behind a card? trust: none. */
bool smart_path_is_good(const struct smart_path *path);

/* Serial, WWN, model, size and so on. false: the drive did not answer, or it is not a disk. trust:
 * none of text. */
bool smart_identity_parse(const char *text, struct facts_drive *ret);

#endif
