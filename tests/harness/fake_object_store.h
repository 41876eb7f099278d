/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The switch of the fake object store; see fake_object_store.c.
 */
#ifndef TESTS_HARNESS_FAKE_OBJECT_STORE_H
#define TESTS_HARNESS_FAKE_OBJECT_STORE_H

/* From now on this line and version are in the store, for both architectures, and "odd@arch",
 * "odd@firmware" and "odd@disk", which no host can take, "odd@old", and "odd@sector", a whole disk of
 * sectors of 512 bytes, and "odd@unpacked", files that take a layout. "" empties it. */
void fake_object_store_set(const char *line, const char *version);
/* The next check of an image finds a damaged object. */
void fake_object_store_damage(void);

#endif
