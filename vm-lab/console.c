/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searching in console files. A search reads the whole stretch again: a boot prints some 100 KiB.
 */
#include "console.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/file.h>

uint64_t console_end(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

bool console_has(const char *path, uint64_t from, const char *text)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	autofree char *buffer = NULL;
	size_t n_bytes = 0;

	if (fd < 0 || lseek(fd, (off_t)from, SEEK_SET) < 0)
		return false;
	/* ERR_TOO_BIG gives nothing: a host that floods its console proves nothing either */
	if (file_read_fd(fd, CONSOLE_SEARCH_BYTES, &buffer, &n_bytes, NULL) < 0)
		return false;
	return memmem(buffer, n_bytes, text, strlen(text)) != NULL;
}

/* HW: SeaBIOS 1.16, EDK II 2022.11 */
static const char *const last_words[] = {
	"No bootable device.",
	"No bootable option or device was found",
	"UEFI Interactive Shell",
};

bool console_is_at_its_end(const char *path, uint64_t from)
{
	for (size_t i = 0; i < ARRAY_LEN(last_words); i++)
		if (console_has(path, from, last_words[i]))
			return true;
	return false;
}
