/* SPDX-License-Identifier: Apache-2.0 */
/* Initial RAM disks: any bytes give known features, or none. */
#include <stddef.h>
#include <stdint.h>

#include <base/json.h>
#include <images/manifest.h>

#include "images/tool/initrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUG_ON(initrd_features(data, size) & ~IMAGE_FEATURES_ALL);
	return 0;
}
