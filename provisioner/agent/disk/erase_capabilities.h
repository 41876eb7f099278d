/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a drive says of its own erase commands, as the tools print it: nvme id-ctrl (JSON), hdparm -I
 * and sg_opcodes (text). Pure. What a text does not show is not possible.
 */
#ifndef AGENT_ERASE_CAPABILITIES_H
#define AGENT_ERASE_CAPABILITIES_H

#include "erase_choose.h"

/* only_namespace: nothing else lies on the controller, so that a command which reaches all of it
 * touches this disk alone. trust: none of text. out: bits are added. */
void erase_capabilities_nvme(const char *text, bool only_namespace, struct erase_capabilities *ret);
void erase_capabilities_ata(const char *text, struct erase_capabilities *ret);
void erase_capabilities_scsi(const char *text, struct erase_capabilities *ret);
/* The number of namespaces in the answer of nvme list-ns --all (JSON); 0: not known. trust: none. */
size_t erase_capabilities_namespaces(const char *text);

enum erase_state { ERASE_STATE_UNKNOWN, ERASE_STATE_RUNNING, ERASE_STATE_DONE, ERASE_STATE_FAILED };
/* The state of a sanitize operation in nvme sanitize-log's text. trust: none. out: *ret_percent while
 * it runs. */
enum erase_state erase_capabilities_nvme_state(const char *text, unsigned *ret_percent);
/* The same in the text of hdparm --sanitize-status. */
enum erase_state erase_capabilities_ata_state(const char *text, unsigned *ret_percent);

#endif
