/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a host's serial console file for proofs: did the installed system's login banner appear
 * after this power-on? The bytes come from a guest: hostile, only searched, never printed raw.
 */
#ifndef LAB_CONSOLE_H
#define LAB_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Size now: the place from which a later boot's output starts. 0 if there is no file yet. */
uint64_t console_end(const char *path);

/* True when `text` occurs at or after the offset. Looks at most at CONSOLE_SEARCH_BYTES from there.
 */
#define CONSOLE_SEARCH_BYTES (8 * 1024 * 1024)
bool console_has(const char *path, uint64_t from, const char *text);

/* True when the firmware has said that it found nothing to start: it waits for a key then, for
 * ever.
 */
bool console_is_at_its_end(const char *path, uint64_t from);

#endif
