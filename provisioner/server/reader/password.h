/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes of passwords: scrypt (RFC 7914), kept as "scrypt$LOG2N$R$P$SALT$HASH" in hexadecimal, so
 * that the costs may grow without losing older hashes. A reader process works them out: each takes
 * tenths of a second and 32 MiB on purpose, which the daemon's loop has not.
 */
#ifndef SERVER_READER_PASSWORD_H
#define SERVER_READER_PASSWORD_H

#include <stdbool.h>
#include <base/err.h>

#define PASSWORD_MIN_BYTES  12
#define PASSWORD_MAX_BYTES  256
#define PASSWORD_HASH_BYTES 161

/* blocks: tenths of a second. trust: none of text but its length */
MUST_CHECK int password_hash(const char *text, char ret[static PASSWORD_HASH_BYTES],
			     struct err *err);
/* Is it the one? stored "" or malformed: no, after the same time, so that an answer's time does not
 * tell which accounts there are. blocks: tenths of a second. trust: none of text but its length */
MUST_CHECK int password_check(const char *text, const char *stored, bool *ret_right,
			      struct err *err);

#endif
