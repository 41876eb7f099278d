/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports for a caller that may not wait; see images/object_store.h. The whole of object_import.c runs in a
 * process of its own, which starts the sandboxed one: making nameless files, waiting for the lock
 * and flushing folders take tens of milliseconds on a busy disk.
 */
#include "object_paths.h"
#include "object_process.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

struct object_import {
	struct object_process process;
	struct object_store *store;
};

struct order {
	struct object_store *store;
	const struct trust_root *root;
	const char *reason;
};

struct outcome {
	struct err err; /* code 0: imported */
	uint8_t digest[SHA256_BYTES];
};

static void import(void *arg, int fd, void *ret_result)
{
	const struct order *order = arg;
	struct outcome *outcome = ret_result;
	AUTO(manifest) struct manifest *m = NULL;

	if (!object_store_import_fd(order->store, fd, order->root, order->reason, &m,
				    &outcome->err))
		memcpy(outcome->digest, m->digest, SHA256_BYTES);
}

int object_import_start(struct object_store *s, int fd, const struct trust_root *root,
			const char *rollback_reason, struct object_import **ret, struct err *err)
{
	struct order order = {.store = s, .root = root, .reason = rollback_reason};
	autofree struct object_import *i = xcalloc(1, sizeof(*i));

	i->store = s;
	TRY(object_process_start(&i->process, import, &order, fd, sizeof(struct outcome), err));
	*ret = take_ptr(i);
	return 0;
}

int object_import_pidfd(const struct object_import *i)
{
	return i->process.child.pidfd;
}

int object_import_finish(struct object_import *i, struct manifest **ret, struct err *err)
{
	autofree struct object_import *own = i;
	struct outcome outcome;

	TRY(object_process_finish(&own->process, &outcome, sizeof(outcome), err));
	if (!outcome.err.code)
		return ret ? object_store_get(own->store, outcome.digest, ret, err) : 0;
	if (err)
		*err = outcome.err;
	return -outcome.err.code;
}

void object_import_cancel(struct object_import *i)
{
	if (!i)
		return;
	object_process_cancel(&i->process);
	free(i);
}
