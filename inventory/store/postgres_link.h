/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection itself: made without blocking, watched for notices under one descriptor, given up
 * when the server hangs, and made anew in the background. Private to the PostgreSQL driver.
 */
#ifndef INVENTORY_STORE_POSTGRES_LINK_H
#define INVENTORY_STORE_POSTGRES_LINK_H

#include <base/err.h>

#include "postgres_pipeline.h"

/* A server that hangs costs a writer this once; then statements fail at once until a connection made
 * in the background works. Readers are processes of their own and wait for their longest question. */
#define POSTGRES_HANG_US        (3 * 1000000LL)
#define POSTGRES_READER_HANG_US (65 * 1000000LL)

/* Connect and wait for it. errors: ERR_DB_OPEN */
MUST_CHECK int postgres_link_open(struct db *db, const char *url, struct err *err);
/* Before a statement outside a transaction: 0 connected, 1 connected anew. What a connection needs
 * in the background is done here, without waiting. errors: ERR_DB_LOST */
MUST_CHECK int postgres_link_ready(struct db *db, struct err *err);
/* The server hangs or the connection is of no use: close it, answer ERR_DB_LOST from now on. */
void postgres_link_drop(struct postgres_conn *c, const char *why, bool hangs);
void postgres_link_close(struct postgres_conn *c);

/* Readable when there are notices, whichever connection it is. */
int postgres_link_notify_fd(const struct postgres_conn *c);
/* Were there notices, or a new connection, which may have missed some? */
bool postgres_link_notified(struct postgres_conn *c);

#endif
