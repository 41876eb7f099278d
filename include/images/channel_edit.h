/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making channels: encode, sign, write. What a channel means is images/channel.h.
 *
 *  1. channel_new() or channel_copy() of the last one   2. change fields, channel_name() images
 *  3. channel_seal() makes the document, without signatures   4. channel_sign(), each key
 *  5. channel_envelope()
 */
#ifndef IMAGES_CHANNEL_EDIT_H
#define IMAGES_CHANNEL_EDIT_H

#include <images/channel.h>
#include <images/signer.h>
#include <base/err.h>

MUST_CHECK struct channel *channel_new(void);
MUST_CHECK struct channel *channel_copy(const struct channel *c);
/* This image is the latest of its line and architecture from now on. errors: ERR_TOO_BIG */
MUST_CHECK int channel_name(struct channel *c, const struct manifest *m, struct err *err);

/* Encode and check; drops the signatures. errors: ERR_IMAGE_CHANNEL */
MUST_CHECK int channel_seal(struct channel **c, struct err *err);
MUST_CHECK int channel_sign(struct channel *c, const struct signer *signer, struct err *err);
/* The caller frees the text. */
MUST_CHECK char *channel_envelope(const struct channel *c);

#endif
