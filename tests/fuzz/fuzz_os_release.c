/* SPDX-License-Identifier: Apache-2.0 */
/* os-release files of trees: any bytes give names that end, never a crash. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <base/err.h>

#include "images/tool/boot_release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct release r;

	release_parse((const char *)data, size, &r);
	BUG_ON(strlen(r.id) >= sizeof(r.id) || strlen(r.like) >= sizeof(r.like));
	return has_word("debian ubuntu", sv_of(r.id)) && boot_vendor_is_valid(r.like);
}
