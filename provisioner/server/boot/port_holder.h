/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program holds a port of this machine: from /proc/self/net and the descriptors of processes.
 */
#ifndef SERVER_PORT_HOLDER_H
#define SERVER_PORT_HOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PORT_HOLDER_BYTES  80
#define PORT_HOLDER_UNSEEN "a program that cannot be seen"

/* Is the IPv4 or IPv6 port bound (UDP) or listened on (TCP)? ret: "nginx (pid 123)", or "a program
 * that cannot be seen" (another user's, without root). Not touched when the port is free. */
bool port_holder(bool udp, uint16_t port, char ret[static PORT_HOLDER_BYTES]);

/* Is it held by a process of this session? Several programs may share a UDP port. */
bool port_is_of_session(bool udp, uint16_t port, pid_t session);

#endif
