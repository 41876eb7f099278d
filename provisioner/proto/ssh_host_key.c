/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ssh_host_key.h (RFC 4253, section 6.6: the key begins with the length and name of its kind, so its
 * base64 text has the name, too). What is not of this form is left out, since it becomes a line of
 * somebody's known_hosts.
 */
#include <proto/ssh_host_key.h>

#include <string.h>

#include <base/digest.h>
#include <base/json.h>

#define NAME_AT 4 /* behind its length, in the key */

static const char *const kinds[] = {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
				    "ecdsa-sha2-nistp521", "ssh-rsa"};

static bool is_kind(struct sv word)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (sv_eq_str(word, kinds[i]))
			return true;
	return false;
}

/* Does the key name the kind that stands before it? */
static bool is_key_of(struct sv kind, struct sv key)
{
	autofree char *text = xstrndup(key.p ? key.p : "", key.n);
	autofree uint8_t *bytes = NULL;
	size_t n = 0;

	return !base64_decode(text, SSH_HOST_KEY_MAX_BYTES, &bytes, &n, NULL) &&
	       n > NAME_AT + kind.n && !bytes[0] && !bytes[1] && !bytes[2] && bytes[3] == kind.n &&
	       !memcmp(bytes + NAME_AT, kind.p, kind.n);
}

bool ssh_host_key_parse(struct sv line, struct ssh_host_key *ret)
{
	struct sv rest = sv_trim(line), kind = sv_split(&rest, ' '), key = sv_split(&rest, ' ');

	ret->line[0] = '\0';
	if (!is_kind(kind) || !is_key_of(kind, key) || kind.n + 1 + key.n >= sizeof(ret->line))
		return false;
	snprintf(ret->line, sizeof(ret->line), "%.*s %.*s", (int)kind.n, kind.p, (int)key.n, key.p);
	return true;
}
