/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See source_filters.h. None that starts another program.
 */
#include "source_filters.h"

void source_filters(struct archive *a)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_lzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_compress(a);
}
