/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signers that a command line names: keys in files, and commands with the public keys that
 * they sign with. One reading for images, roots and channels.
 */
#ifndef CLI_SIGNERS_H
#define CLI_SIGNERS_H

#include <images/signer.h>
#include <base/err.h>

#include "option_table.h"

#define SIGNERS_MAX (2 * OPTION_LIST_MAX)

struct signer_words {
	struct option_list files, commands, public_keys;
};
/* Rows of an option table for the words in a member of the struct TYPE. FILES: what the option of a
 * key file is called. */
#define SIGNER_OPTIONS(files_option, type, member)                                                 \
	{files_option, OPTION_LIST, offsetof(type, member.files), NULL, NULL},                     \
		{"signer-cmd", OPTION_LIST, offsetof(type, member.commands), NULL, NULL},          \
	{                                                                                          \
		"public-key", OPTION_LIST, offsetof(type, member.public_keys), NULL, NULL          \
	}

struct signers {
	const struct signer *items[SIGNERS_MAX];
	size_t n;
};
bool signer_words_given(const struct signer_words *w);
/* errors: ERR_INVALID (a command without its key), those of images/signer.h. owns: signers_done(),
 * also after an error. */
MUST_CHECK int signers_open(const struct signer_words *w, struct signers *ret, struct err *err);
void signers_done(struct signers *s);
#define autosigners __attribute__((cleanup(signers_done)))

#endif
