/* SPDX-License-Identifier: Apache-2.0 */
/* Boot menus of images: any text is rewritten within its bound, and twice is as once. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/err.h>
#include <base/str.h>
#include <agent/disk/boot_entries.h>
#include <agent/disk/kernel_console.h>

static void twice_is_once(const char *text, enum kernel_lines kind)
{
	static const struct kernel_console console = {.word = "ttyS1,115200n8"};
	autostr struct str once = {0}, twice = {0};

	str_init(&once, 64 * 1024 * 1024);
	str_init(&twice, 64 * 1024 * 1024);
	(void)kernel_console_rewrite(text, kind, &console, &once);
	(void)kernel_console_rewrite(once.p, kind, &console, &twice);
	BUG_ON(strcmp(once.p, twice.p) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	const struct boot_sources sources = {"UUID=11111111-0000", "UUID=22222222-0000",
					     size % 2 == 1};
	autostr struct str once = {0}, twice = {0};

	str_init(&once, 64 * 1024 * 1024);
	str_init(&twice, 64 * 1024 * 1024);
	(void)boot_entries_rewrite(text, &sources, &once);
	(void)boot_entries_rewrite(once.p, &sources, &twice);
	BUG_ON(strcmp(once.p, twice.p) != 0);
	twice_is_once(text, KERNEL_LINES_MENU);
	twice_is_once(text, KERNEL_LINES_WHOLE);
	return 0;
}
