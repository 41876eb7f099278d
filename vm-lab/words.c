/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables behind words.h, made from its lists. Pure lookups; input comes from scenario files.
 */
#include "words.h"

#include <stddef.h>
#include <base/err.h>
#include <base/str.h>

#define WORD_TEXT(value, text) [value] = (text),
#define DEFINE_WORDS(list, macro, max, label)                                                      \
	static const char *const list##_text[] = {macro(WORD_TEXT)};                               \
	const struct word_list list = {(label), list##_text, (max)}

DEFINE_WORDS(lab_arch_words, LAB_ARCH_WORDS, _LAB_ARCH_MAX, "arch");
DEFINE_WORDS(lab_firmware_words, LAB_FIRMWARE_WORDS, _LAB_FIRMWARE_MAX, "firmware");
DEFINE_WORDS(lab_netboot_words, LAB_NETBOOT_WORDS, _LAB_NETBOOT_MAX, "boot");
DEFINE_WORDS(disk_role_words, DISK_ROLE_WORDS, _DISK_ROLE_MAX, "disk role");
DEFINE_WORDS(disk_bus_words, DISK_BUS_WORDS, _DISK_BUS_MAX, "bus");
DEFINE_WORDS(boot_first_words, BOOT_FIRST_WORDS, _BOOT_FIRST_MAX, "boot_first");
DEFINE_WORDS(boot_disk_words, BOOT_DISK_WORDS, _BOOT_DISK_MAX, "boot_disk");
DEFINE_WORDS(disk_fault_words, DISK_FAULT_WORDS, _DISK_FAULT_MAX, "fault");
DEFINE_WORDS(target_fate_words, TARGET_FATE_WORDS, _TARGET_FATE_MAX, "target");
DEFINE_WORDS(dhcp_mode_words, DHCP_MODE_WORDS, _DHCP_MODE_MAX, "dhcp");
DEFINE_WORDS(tamper_words, TAMPER_WORDS, _TAMPER_MAX, "tamper");
DEFINE_WORDS(lab_deed_words, LAB_DEED_WORDS, _LAB_DEED_MAX, "do");

const char *word_str(const struct word_list *list, int value)
{
	BUG_ON(value < 0 || value >= list->n);
	return list->words[value];
}

int word_parse(const struct word_list *list, const char *text)
{
	for (int i = 0; i < list->n; i++)
		if (str_eq(list->words[i], text))
			return i;
	return -1;
}
