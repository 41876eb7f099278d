/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a line of text a public key as OpenSSH's authorized_keys takes it? A key that nobody can log in
 * with is found when the profile is written and not when the host is up. Pure.
 */
#ifndef SERVER_FLOW_SSH_KEY_H
#define SERVER_FLOW_SSH_KEY_H

#include <base/err.h>

/* "[OPTIONS] TYPE BASE64 [COMMENT]", the type of a key that today's sshd accepts, and the bytes
 * those of a key of that type. trust: an operator's. errors: ERR_FIELD_TYPE, with what is wrong */
MUST_CHECK int ssh_key_check(const char *line, struct err *err);

#endif
