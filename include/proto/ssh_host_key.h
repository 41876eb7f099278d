/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public half of an SSH host key, as installed systems report it and the server gives it out for
 * known_hosts: "ssh-ed25519 AAAA...", without a comment.
 */
#ifndef PROTO_SSH_HOST_KEY_H
#define PROTO_SSH_HOST_KEY_H

#include <stdbool.h>
#include <base/str.h>

#define SSH_HOST_KEYS_MAX      8
#define SSH_HOST_KEY_MAX_BYTES 2048 /* RSA of 8,192 bits has 1,400 */

struct ssh_host_key {
	char line[SSH_HOST_KEY_MAX_BYTES + 1];
};

/* From a line of a .pub file: kind and key, the comment left out. out: ret: "" after false. returns:
 * false for what is not a key of a kind that OpenSSH uses for hosts. trust: none of the text */
bool ssh_host_key_parse(struct sv line, struct ssh_host_key *ret);

#endif
