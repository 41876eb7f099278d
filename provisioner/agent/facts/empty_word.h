/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What firmware writes where it knows nothing. These words name nothing in a slot's or a part's
 * text; whether a serial of a machine means anything is judged by the server, which sees all of them.
 */
#ifndef AGENT_EMPTY_WORD_H
#define AGENT_EMPTY_WORD_H

#include <stdbool.h>

/* Also true for an empty text; blanks around it and upper case do not matter. trust: none. */
bool empty_word_is(const char *text);

#endif
