/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a command line names a host: id, short code, MAC, serial or name as the server takes them, or
 * the beginning of one host's short code.
 */
#ifndef CLI_HOST_REF_H
#define CLI_HOST_REF_H

#include <base/err.h>

/* "/api/v1/hosts/" + the host + suffix; the caller frees *ret. A word that the server knows stays
 * as it is. errors: ERR_HOST_UNKNOWN; ERR_HOST_AMBIGUOUS when several short codes begin so. blocks.
 */
MUST_CHECK int host_ref_path(const char *word, const char *suffix, char **ret, struct err *err);

#endif
