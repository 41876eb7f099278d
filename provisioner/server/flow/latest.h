/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which image a name means, and who says so: where the trust root demands it, the latest image of a
 * line is what the signed channel says (images/channel.h), and never what happens to lie in the
 * store. The last channel that was accepted is kept in the inventory's store, apart from the
 * images, and serves every appliance of the fleet.
 */
#ifndef SERVER_LATEST_H
#define SERVER_LATEST_H

#include <images/channel.h>
#include <inventory/flow.h>
#include <base/err.h>
#include "flow.h"

/* "line@version", "line@latest", a digest. in: arch "" or NULL: any, if that is unambiguous.
 * owns: *ret is the caller's. errors: those of object_store_find(), and if a channel is asked,
 * ERR_IMAGE_CHANNEL_MISSING, ERR_IMAGE_CHANNEL_EXPIRED, ERR_IMAGE_CHANNEL_SIGNATURES */
MUST_CHECK int latest_find(struct flow *flow, const char *name, const char *arch,
			   struct manifest **ret, struct err *err);

/* The channel in force. owns: *ret is the caller's. errors: ERR_IMAGE_CHANNEL_* */
MUST_CHECK int latest_channel(struct flow *flow, struct channel **ret, struct err *err);
/* The channel as it was accepted, expired or not. owns: *ret is the caller's. errors: ERR_IMAGE_
 * CHANNEL_MISSING, and those of a root that does not accept it any more */
MUST_CHECK int latest_held(struct flow *flow, struct channel **ret, struct err *err);
/* Take a channel that is newer than the one held. in: document: its JSON text; trust: none. Call
 * inside a transaction. owns: *ret is the caller's. errors: those of channel_accept() */
MUST_CHECK int latest_import(struct flow *flow, const char *document, const char *who,
			     struct channel **ret, struct err *err);
/* An arm of the latest image: is its image still that? True for an arm that names its image, and where no
 * channel is demanded. */
bool latest_holds(struct flow *flow, const struct flow_arm *arm);

/* Once a minute: say in an event when half of the channel's life is over, and when all of it is. */
void latest_tick(struct flow *flow);

#endif
