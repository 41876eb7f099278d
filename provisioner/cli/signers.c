/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening signers; see signers.h.
 */
#include "signers.h"

#include <base/json.h>

bool signer_words_given(const struct signer_words *w)
{
	return w->files.n || w->commands.n;
}

static int add(struct signers *s, const char *file, const char *command, const char *public_key,
	       struct err *err)
{
	struct signer *signer = NULL;

	TRY(file ? signer_from_file(file, &signer, err)
		 : signer_from_command(command, public_key, &signer, err));
	s->items[s->n++] = signer;
	return 0;
}

int signers_open(const struct signer_words *w, struct signers *ret, struct err *err)
{
	*ret = (struct signers){.n = 0};
	if (w->commands.n != w->public_keys.n)
		return err_set(err, ERR_INVALID,
			       "give each --signer-cmd the --public-key that it signs with");
	for (size_t i = 0; i < w->files.n; i++)
		TRY(add(ret, w->files.items[i], NULL, NULL, err));
	for (size_t i = 0; i < w->commands.n; i++)
		TRY(add(ret, NULL, w->commands.items[i], w->public_keys.items[i], err));
	return 0;
}

void signers_done(struct signers *s)
{
	for (size_t i = 0; i < s->n; i++)
		signer_free((struct signer *)(uintptr_t)s->items[i]);
	s->n = 0;
}
