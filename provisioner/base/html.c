/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes for HTML. Input: text of machines and people. */
#include <base/html.h>

void html_add_text(struct str *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		const char *name = *p == '&'    ? "&amp;"
				   : *p == '<'  ? "&lt;"
				   : *p == '>'  ? "&gt;"
				   : *p == '"'  ? "&quot;"
				   : *p == '\'' ? "&#39;"
						: NULL;

		if (name)
			str_add(out, name);
		else
			str_addc(out, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
	}
}
