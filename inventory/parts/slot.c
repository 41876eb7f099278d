/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel names among slots; see slot.h. The names are those of Linux: block devices by driver, and
 * network interfaces as the kernel and udev name them. Input: texts from stores, agents and SKUs.
 */
#include "slot.h"

#include <ctype.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/str.h>

/* A name is its prefix and then letters ('a'), a number ('0'), or a number and perhaps more numbers
 * behind single letters ('+': "nvme0c1n1", "enp1s0f0np0"); 'x' is a MAC in hexadecimal digits. */
static const struct kernel_name {
	const char *type, *prefix;
	char tail;
} kernel_names[] = {
	{"drive", "sd", 'a'},    {"drive", "hd", 'a'},       {"drive", "vd", 'a'},
	{"drive", "xvd", 'a'},   {"drive", "dasd", 'a'},     {"drive", "rssd", 'a'},
	{"drive", "fio", 'a'},   {"drive", "nvme", '+'},     {"drive", "mmcblk", '+'},
	{"drive", "pmem", '+'},  {"drive", "sr", '0'},       {"drive", "scd", '0'},
	{"drive", "md", '0'},    {"drive", "dm-", '0'},      {"drive", "nbd", '0'},
	{"drive", "loop", '0'},  {"drive", "mtdblock", '0'}, {"drive", "zram", '0'},
	{"drive", "rbd", '0'},   {"drive", "cciss!c", '+'},  {"drive", "cciss/c", '+'},
	{"drive", "ida!c", '+'}, {"drive", "ida/c", '+'},    {"nic", "eth", '0'},
	{"nic", "ib", '0'},      {"nic", "usb", '0'},        {"nic", "wlan", '0'},
	{"nic", "wwan", '0'},    {"nic", "em", '+'},         {"nic", "en", 'n'},
	{"nic", "ib", 'n'},      {"nic", "wl", 'n'},         {"nic", "ww", 'n'},
	{"nic", "p", 'p'},       {"nic", "net", '0'},
};

static size_t span(const char *text, int (*is)(int))
{
	size_t n = 0;

	while (is((unsigned char)text[n]))
		n++;
	return n;
}

static bool all_are(const char *text, int (*is)(int))
{
	return *text && text[span(text, is)] == '\0';
}

/* Numbers, each behind one or two letters or '_' ("em1_1"): "0n1", "1s0f0np0". */
static bool is_numbers(const char *text)
{
	if (!isdigit((unsigned char)*text))
		return false;
	while (*text) {
		size_t digits = span(text, isdigit);
		text += digits;
		size_t letters = *text == '_' ? 1 : span(text, islower);
		if (digits == 0 || letters > 2 ||
		    (letters > 0 && !isdigit((unsigned char)text[letters])))
			return false;
		text += letters;
	}
	return true;
}

/* What udev puts behind "en": the firmware's number (o1), a hotplug slot (s3f0), a bus and a slot
 * (p1s0f1, P2p1s0), an address (x525400123456), a virtual or platform device (v0, aID). */
static bool is_predictable(const char *text)
{
	static const char hex[] = "0123456789abcdef";

	switch (*text) {
	case 'x':
		return strlen(text) == 13 && strspn(text + 1, hex) == 12;
	case 'o':
	case 's':
	case 'p':
	case 'P':
	case 'v':
	case 'c':
	case 'u':
	case 'd':
		return is_numbers(text + 1);
	default:
		return false;
	}
}

static bool has_tail(const char *text, char tail)
{
	switch (tail) {
	case 'a':
		return strlen(text) <= 4 && all_are(text, islower);
	case '0':
		return all_are(text, isdigit);
	case '+':
		return is_numbers(text);
	case 'n':
		return is_predictable(text);
	default: /* biosdevname: p1p2, p1p2_3 */
		return is_numbers(text) && strchr(text, 'p') != NULL;
	}
}

bool slot_is_kernel_name(const char *type, const char *slot)
{
	const char *name = str_starts(slot, "/dev/") ? slot + strlen("/dev/") : slot;

	for (size_t i = 0; i < ARRAY_LEN(kernel_names); i++) {
		const struct kernel_name *k = &kernel_names[i];
		if (str_eq(type, k->type) && str_starts(name, k->prefix) &&
		    has_tail(name + strlen(k->prefix), k->tail))
			return true;
	}
	return false;
}

const char *slot_known(const char *type, const char *slot)
{
	return slot_is_kernel_name(type, slot) ? "" : slot;
}

bool slot_has_locator(const char *type, const char *full, const char *locator)
{
	size_t n = strlen(full), k = strlen(locator);

	if (!str_eq(type, "memory") || k == 0 || n < k + 2)
		return false;
	/* Twins of the bank, too, have a number behind: "NODE 1 DIMM 0 #2". */
	const char *number = strstr(full, " #");
	if (number && all_are(number + 2, isdigit))
		n = (size_t)(number - full);
	return n == k ? strncmp(full, locator, k) == 0
		      : n > k && full[n - k - 1] == ' ' && strncmp(full + n - k, locator, k) == 0;
}
