/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the kernel's log about firmware; see missing_firmware.h. HW: the kernel says "Direct firmware
 * load for X failed with error -2", Debian's kernels "firmware: failed to load X (-2)", and some both.
 * Input: what drivers print, with texts from devices.
 */
#include "missing_firmware.h"

#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <base/cleanup.h>
#include <base/file.h>
#include <base/str.h>
#include <proto/record.h>

#define LOG_MAX_BYTES (4 * 1024 * 1024)
enum { KLOG_READ_ALL = 3, KLOG_BUFFER_BYTES = 10 }; /* syslog(2) */

/* The file's name stands between these. */
static const struct {
	const char *before, *after;
} forms[] = {
	{"Direct firmware load for ", " failed"},
	{"firmware: failed to load ", " ("},
};

static bool take_file(const char *line, char *ret, size_t ret_bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const char *at = strstr(line, forms[i].before);
		const char *end = at ? strstr(at, forms[i].after) : NULL;

		if (!end)
			continue;
		at += strlen(forms[i].before);
		text_clean(ret, ret_bytes, at, end > at ? (size_t)(end - at) : 0);
		return *ret && !strchr(ret, ' ');
	}
	return false;
}

/* "bnx2x 0000:05:00.0: Direct firmware ..": the first address of the line. */
static void take_address(const char *line, char *ret, size_t ret_bytes)
{
	unsigned domain, bus, device, function;

	*ret = '\0';
	for (const char *p = line; *p && !*ret; p++) {
		int n = 0;

		if ((p == line || strchr(" ;", p[-1])) &&
		    sscanf(p, "%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &n) == 4 &&
		    p[n] == ':' && (size_t)n < ret_bytes)
			(void)snprintf(ret, ret_bytes, "%.*s", n, p);
	}
}

static bool is_known(const missing_firmware_list *list, const struct missing_firmware *m)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].pci_address, m->pci_address) &&
		    str_eq(list->items[i].file, m->file))
			return true;
	return false;
}

static void take_line(const char *line, missing_firmware_list *ret)
{
	struct missing_firmware m;

	if (ret->n == MISSING_FIRMWARE_MAX || !take_file(line, m.file, sizeof(m.file)))
		return;
	take_address(line, m.pci_address, sizeof(m.pci_address));
	if (!is_known(ret, &m))
		VEC_PUSH(ret, m);
}

void missing_firmware_parse(const char *text, missing_firmware_list *ret)
{
	struct sv rest = sv_of(text);

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');
		char copy[512];

		(void)snprintf(copy, sizeof(copy), "%.*s", (int)(line.n < 511 ? line.n : 511),
			       line.p);
		take_line(copy, ret);
	}
}

static char *kernel_log(void)
{
	int n_bytes = klogctl(KLOG_BUFFER_BYTES, NULL, 0);

	if (n_bytes <= 0 || n_bytes > LOG_MAX_BYTES)
		return NULL;
	char *text = xcalloc(1, (size_t)n_bytes + 1);
	int n = klogctl(KLOG_READ_ALL, text, n_bytes);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

void missing_firmware_read(const char *root, missing_firmware_list *ret)
{
	autofree char *path = xasprintf("%s/dev/kmsg", root);
	autofree char *text = *root ? NULL : kernel_log();
	size_t n_bytes;

	if (*root && file_read(path, LOG_MAX_BYTES, &text, &n_bytes, NULL) < 0)
		return;
	if (text)
		missing_firmware_parse(text, ret);
}

const char *missing_firmware_of(const missing_firmware_list *list, const char *pci_address)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].pci_address, pci_address))
			return list->items[i].file;
	return "";
}
