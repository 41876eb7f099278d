/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of transports, made from the list in its header. Input: words that agents sent.
 */
#include <proto/transport.h>

#include <strings.h>
#include <base/err.h>

static const struct transport rows[_TRANSPORT_MAX] = {
#define X(name, word, reach, why) [TRANSPORT_##name] = {word, TRANSPORT_REACH_##reach, why},
	TRANSPORTS(X)
#undef X
};

const struct transport *transport_row(enum transport_id id)
{
	BUG_ON((unsigned)id >= _TRANSPORT_MAX);
	return &rows[id];
}

const struct transport *transport_find(const char *word)
{
	for (unsigned i = 0; i < _TRANSPORT_MAX; i++)
		if (strcasecmp(rows[i].word, word) == 0)
			return &rows[i];
	return &rows[TRANSPORT_UNKNOWN];
}
