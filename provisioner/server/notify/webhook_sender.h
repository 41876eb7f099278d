/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells webhooks what happened: once a second, and again after each delivery, it takes what is due
 * from the store, signs it, sends it, and writes down what came of it. One delivery at a time for
 * each hook, several hooks at once. A hook that fails never holds up the others or the daemon.
 *
 * What a receiver gets: POST with the event as JSON (the same bytes in every try but for the
 * signature) and
 *   Slipway-Webhook: NAME    Slipway-Event: ID (take each ID once)    Slipway-Try: 1, 2, ...
 *   Slipway-Timestamp: seconds since 1970
 *   Slipway-Signature: v1=HEX, HMAC-SHA256 by the secret over "TIMESTAMP.BODY"
 * Any answer from 200 to 299 takes the event; anything else is tried again later.
 */
#ifndef SERVER_WEBHOOK_SENDER_H
#define SERVER_WEBHOOK_SENDER_H

#include <server/flow/flow.h>
#include <base/err.h>

struct webhook_sender;

MUST_CHECK int webhook_sender_new(struct flow *flow, struct webhook_sender **ret, struct err *err);
/* What is on its way is sent again after the next start. NULL is well. */
void webhook_sender_free(struct webhook_sender *s);

#endif
