/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of an installed host in the words of the image's own network program. See
 * network_writers.h.
 */
#ifndef AGENT_NETWORK_PUT_H
#define AGENT_NETWORK_PUT_H

#include <stdbool.h>
#include <base/err.h>
#include <proto/network.h>

/* Which card is which: fills mac of every port from the cards of this machine (struct facts_nic), each
 * with the switch that it sees. errors: ERR_AGENT_NETWORK_PORT: a port that is not there, has no link or sees
 * another switch, with what is there */
struct facts_nic;
MUST_CHECK int network_find_ports(struct network *n, const struct facts_nic *nics, size_t n_nics,
				  struct err *err);

/* Does a port name the switch at its other end? */
bool network_names_switches(const struct network *n);

struct network_writer;
/* The writer for a system; NULL: none of the programs is there. */
const struct network_writer *network_writer_of(int root_fd);
/* Write it, with NoCloud's network-config where cloud-init is there, and the script that falls back
 * to DHCP. in: every port has its mac. errors: ERR_AGENT_PERSONALISE */
MUST_CHECK int network_put(int root_fd, const struct network *n, struct err *err);

#endif
