/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a dying kernel of any bytes: lines are text that ends, and their description fits.
 */
#include <stdint.h>
#include <string.h>
#include <agent/facts/former_boot.h>
#include <base/err.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct former_boot f;
	char text[2049];

	if (!former_boot_parse((const char *)p, n_bytes, &f))
		return 0;
	BUG_ON(f.n == 0 || f.n > FORMER_BOOT_LINES);
	for (size_t i = 0; i < f.n; i++)
		BUG_ON(!f.lines[i][0] || strlen(f.lines[i]) >= sizeof(f.lines[i]));
	former_boot_describe(&f, text, sizeof(text));
	return 0;
}
