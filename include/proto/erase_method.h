/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to erase a disk, and the order in which a policy permits them: the one list of words that the
 * configuration holds, that a plan carries and that an agent obeys. What a policy does not name is
 * never done in its place: a weaker way must be permitted by its own word.
 *
 * How to add a method: a row here, rows of agent/disk/erase_choose.c for the commands that do it.
 */
#ifndef PROTO_ERASE_METHOD_H
#define PROTO_ERASE_METHOD_H

#include <stddef.h>
#include <base/err.h>

/* X(name, word on the wire). By the drive: crypto forgets the key, block erases the cells (spare ones
 * too), format makes the name space anew, security is ATA's security erase, sanitize-overwrite writes
 * over spare parts, too. By the host: zeros over every block that it can reach, read back. */
#define ERASE_METHODS(X)                                                                           \
	X(CRYPTO, "crypto")                                                                        \
	X(BLOCK, "block")                                                                          \
	X(FORMAT, "format")                                                                        \
	X(SECURITY, "security")                                                                    \
	X(SANITIZE_OVERWRITE, "sanitize-overwrite")                                                \
	X(OVERWRITE, "overwrite")

enum erase_method {
#define X(name, word) ERASE_METHOD_##name,
	ERASE_METHODS(X)
#undef X
		_ERASE_METHOD_MAX
};
const char *erase_method_str(enum erase_method m);

/* The first that the drive can do is done. */
struct erase_policy {
	enum erase_method order[_ERASE_METHOD_MAX];
	size_t n; /* at least 1 */
};
#define ERASE_POLICY_DEFAULT   "overwrite"
#define ERASE_POLICY_MAX_BYTES 96

/* "crypto, block, overwrite": words separated by commas. trust: none. errors: ERR_CONFIG (empty, an
 * unknown word, a word twice) */
MUST_CHECK int erase_policy_parse(const char *text, struct erase_policy *ret, struct err *err);

#endif
