/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short authentication string of a session; see proto/session.h. Agent and server compute it
 * each for itself from what it knows, so that a machine between them, or another machine that says
 * that it is this host, shows another code than the screen.
 */
#include <proto/session.h>

#include <ctype.h>
#include <base/digest.h>
#include <base/str.h>

#define HALF  4
#define LABEL "slipway-session-code/v1"
#define CUT   '-'

/* no I, O, 0, 1: they look alike on a serial console */
static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

void session_code(const char *agent_key, const char *pin, char ret[static SESSION_CODE_BYTES])
{
	autofree char *text = xasprintf(LABEL "\n%s\n%s\n", agent_key, pin);
	uint8_t digest[SHA256_BYTES];
	size_t n = 0;

	sha256_of(text, strlen(text), digest);
	for (size_t i = 0; i < 2 * HALF; i++) {
		if (i == HALF)
			ret[n++] = CUT;
		ret[n++] = alphabet[digest[i] % (sizeof(alphabet) - 1)];
	}
	ret[n] = '\0';
}

/* The next letter that counts, in upper case. */
static char letter(const char **text)
{
	while (**text == CUT || **text == ' ')
		(*text)++;
	char c = (char)toupper((unsigned char)**text);
	*text += c != '\0';
	return c;
}

bool session_code_is(const char *typed, const char *code)
{
	char a, b;

	do {
		a = letter(&typed);
		b = letter(&code);
	} while (a == b && a);
	return a == b;
}
