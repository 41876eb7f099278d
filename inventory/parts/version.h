/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of firmware and images in the order in which people mean them: 2.9 is before 2.13. Each
 * distinct text has a sort key in table version_key, so that a question about a range is answered
 * from an index, for any moment of the past too. Private to the room.
 */
#ifndef INVENTORY_VERSION_H
#define INVENTORY_VERSION_H

#include <base/err.h>
#include <inventory/db.h>

#define VERSION_KEY_BYTES 800

/* The key of a version: digits alone, so that every collation sorts it alike. "" when the text holds
 * no letter and no digit. Pure. trust: none of text. */
void version_key(const char *text, char ret[static VERSION_KEY_BYTES]);
/* Keys that can be compared with this one begin with *ret_low or greater and less than *ret_high:
 * "F13" says nothing about "2.13". key: of version_key(), not "". */
void version_key_family(const char *key, char low[static VERSION_KEY_BYTES],
			char high[static VERSION_KEY_BYTES]);

/* Remember the key of a text that is being stored. */
MUST_CHECK int version_note(struct db *db, const char *text, struct err *err);
/* Keys of all texts that the store has and that lack one. history: of past versions of rows too. */
MUST_CHECK int version_fill(struct db *db, bool history, struct err *err);
/* For the migration that makes the table. */
MUST_CHECK int version_fill_all(struct db *db, struct err *err);
/* For a migration after which keys are made by other rules. */
MUST_CHECK int version_fill_again(struct db *db, struct err *err);

#endif
