/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a tar's entries, looked at beside libarchive, which leaves out in silence what it cannot
 * read: an owner of letters becomes root, a header for all entries (pax, type 'g') is passed over. What
 * would be lost so is refused; the target of a link that stands in a pax header alone, as Go writes it where
 * none of it is ASCII, is put into the entry.
 */
#ifndef IMAGES_TOOL_TAR_HEADERS_H
#define IMAGES_TOOL_TAR_HEADERS_H

#include "source_file.h"

/* Judge the headers of the entry that was read last, and complete it.
 * errors: ERR_IMAGE_MEMBER; ERR_IMAGE_INPUT for a header for all entries. trust: none */
MUST_CHECK int tar_headers_check(struct source_file *f, struct archive_entry *entry,
				 struct err *err);

#endif
