/* SPDX-License-Identifier: Apache-2.0 */
/* Text in an HTML page. */
#ifndef BASE_HTML_H
#define BASE_HTML_H

#include <base/str.h>

/* Append text for element content or a quoted attribute: five characters escaped, control
 * characters shown as '?'. trust: none of text */
void html_add_text(struct str *out, const char *text);

#endif
