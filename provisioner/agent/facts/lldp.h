/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LLDP frames (IEEE 802.1AB), as switches send them every half minute to say who and which port is
 * at the other end of a cable. Only read, never sent. Debian's lldpd would bring Perl, Net-SNMP and
 * ICU into the ramdisk, 40 MB, for these few fields; it is what the tests hold this reader against.
 */
#ifndef AGENT_LLDP_H
#define AGENT_LLDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <proto/facts.h>

#define LLDP_ETHERTYPE 0x88cc

/* A whole Ethernet frame. trust: none; texts come out clean (text_clean). out: *ret_ttl_s is how
 * long it holds; 0: the neighbour takes its leave. false: no LLDP, or malformed, and then nothing
 * is set.
 */
bool lldp_parse(const void *frame, size_t n_bytes, struct facts_lldp *ret, unsigned *ret_ttl_s);

#endif
