/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writers of networks, one for each program. To add a program, copy one of their files, declare
 * it here and add its row to the table in network_put.c.
 */
#ifndef AGENT_NETWORK_WRITERS_H
#define AGENT_NETWORK_WRITERS_H

#include <stdbool.h>
#include <base/err.h>
#include <base/str.h>
#include <proto/network.h>

#define NETWORK_TEXT_BYTES (256 * 1024) /* of one file that a writer makes */

struct network_writer {
	const char *name;
	bool (*is_there)(int root_fd);
	int (*write)(int root_fd, const struct network *n, struct err *err);
	/* Programs that make /etc/resolv.conf from what this one is told; none of them in the
	 * image: the agent writes it. */
	const char *const *resolvers;
	/* Commands of a shell script that leave DHCP on every card: run once when the first boot
	 * was not reported in time. $all: the cards' names, $cards:
	 * those with a cable; links on them are gone. */
	const char *fallback;
};
extern const struct network_writer network_networkd, network_netplan, network_manager,
	network_ifupdown;

/* Version 2 of cloud-init's format, which is netplan's: from "version" on, indented. */
void network_yaml(const struct network *n, const char *indent, struct str *out);

/* Paths of systemd-resolved, NULL at the end. */
extern const char *const network_resolved[];

/* "default" as a destination: "0.0.0.0/0" or "::/0", by the next hop; others as they are. */
const char *network_destination(const struct network_route *r);

/* A whole file; for writers. */
MUST_CHECK int network_write_file(int root_fd, const char *path, const struct str *text, int mode,
				  struct err *err);

#endif
