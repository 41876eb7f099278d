/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes objects in the server's store, as an attacker or a failing disk there would. It tells the
 * kinds of objects apart by what they are for: the manifest by its name, payloads and their chunk
 * tables by where the manifest's JSON names them. Input: the store of a server under test.
 */
#include "server.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define STORE           "/run/lab/server/state/objects"
#define EDGE_BYTES      64 /* how far from the start or the end a payload is changed */
#define MAX_TABLE_BYTES (1 * MIB)

static char *object_path(const char *hex)
{
	return xasprintf("%s/sha256/%.2s/%s", STORE, hex, hex);
}

static int flip_byte(const char *path, bool near_end, struct err *err)
{
	autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat st;
	uint8_t byte;
	off_t at;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, ERR_NOT_FOUND, "no object '%s'", path);
	at = st.st_size / 2 < EDGE_BYTES ? st.st_size / 2
					 : (near_end ? st.st_size - EDGE_BYTES : EDGE_BYTES);
	if (pread(fd, &byte, 1, at) != 1)
		return err_sys(err, ERR_IO, "cannot read '%s'", path);
	byte ^= 0x01;
	if (pwrite(fd, &byte, 1, at) != 1 || fsync(fd) < 0)
		return err_sys(err, ERR_IO, "cannot change '%s'", path);
	return 0;
}

/* Every 64-hex string of the manifest that names an object in the store, by its member's name. */
static int tamper_named(json_t *value, const char *key, enum tamper how, unsigned *changed,
			struct err *err)
{
	const char *member;
	size_t i;
	json_t *child;

	if (json_is_object(value))
		json_object_foreach (value, member, child)
			TRY(tamper_named(child, member, how, changed, err));
	if (json_is_array(value))
		json_array_foreach (value, i, child)
			TRY(tamper_named(child, key, how, changed, err));
	if (json_is_string(value) && json_string_length(value) == SHA256_HEX_BYTES - 1) {
		autofree char *path = object_path(json_string_value(value));
		bool table = strstr(key, "table") || strstr(key, "chunks");

		if (access(path, F_OK) < 0 || table != (how == TAMPER_TABLE))
			return 0;
		TRY(flip_byte(path, how == TAMPER_PAYLOAD_LAST, err));
		(*changed)++;
	}
	return 0;
}

int server_tamper(const struct server *s, enum tamper how, const char *manifest_hex,
		  unsigned *ret_changed, struct err *err)
{
	autofree char *path = object_path(manifest_hex);
	autojson json_t *manifest = NULL;

	(void)s;
	*ret_changed = 0;
	if (how == TAMPER_MANIFEST) {
		*ret_changed = 1;
		return flip_byte(path, false, err);
	}
	TRY(json_load_file_strict(path, MAX_TABLE_BYTES, &manifest, err));
	TRY(tamper_named(manifest, "", how, ret_changed, err));
	if (!*ret_changed)
		return err_set(err, ERR_NOT_FOUND, "no object to change for '%s'",
			       word_str(&tamper_words, (int)how));
	return 0;
}
