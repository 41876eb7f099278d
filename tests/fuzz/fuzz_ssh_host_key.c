/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH host keys that installed systems report. What is taken for a key becomes a line of somebody's
 * known_hosts: one line of two words, which is a key again.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <proto/ssh_host_key.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssh_host_key key, again;
	size_t blanks = 0;

	if (!ssh_host_key_parse((struct sv){(const char *)data, size}, &key)) {
		BUG_ON(key.line[0]);
		return 0;
	}
	for (const char *c = key.line; *c; c++) {
		BUG_ON((unsigned char)*c < ' ' || (unsigned char)*c > '~');
		blanks += *c == ' ';
	}
	BUG_ON(blanks != 1 || !ssh_host_key_parse(sv_of(key.line), &again));
	BUG_ON(strcmp(key.line, again.line) != 0);
	return 0;
}
