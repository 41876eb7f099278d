/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maxima of what comes from outside, each with its reason. A size is compared with its maximum
 * BEFORE it reaches an allocator. Rooms keep limits of their own formats in their own headers.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB 1024ULL
#define MIB (1024ULL * KIB)
#define GIB (1024ULL * MIB)

#define LIMIT_JSON_DEPTH        32        /* our deepest document has 7 levels */
#define LIMIT_JSON_BODY_BYTES   (1 * MIB) /* any request but the two below */
#define LIMIT_FACTS_BYTES       (4 * MIB) /* a 24-disk, 64-DIMM host reports about 60 KiB */
#define LIMIT_CONFIG_BYTES      (1 * MIB) /* configuration and key files */
#define LIMIT_TOOL_OUTPUT_BYTES (4 * MIB) /* what a test tool may print before it is cut */
#define LIMIT_URL_BYTES         2048
#define LIMIT_NAME_BYTES        128 /* names that people give */
#define LIMIT_FACT_STRING_BYTES 256 /* one string from SMBIOS, a disk, a switch */

#endif
