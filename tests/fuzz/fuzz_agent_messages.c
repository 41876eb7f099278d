/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as every message that an agent may send, and as the two answers it reads. What decodes
 * is encoded again and must decode again.
 */
#include <stddef.h>
#include <stdint.h>

#include <base/limits.h>
#include <proto/events.h>
#include <proto/facts.h>
#include <proto/session.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

static const struct {
	const struct field *fields;
	size_t bytes;
} messages[] = {
	{session_request_fields, sizeof(struct session_request)},
	{session_reply_fields, sizeof(struct session_reply)},
	{heartbeat_request_fields, sizeof(struct heartbeat_request)},
	{heartbeat_reply_fields, sizeof(struct heartbeat_reply)},
	{permit_request_fields, sizeof(struct permit_request)},
	{partners_request_fields, sizeof(struct partners_request)},
	{partners_reply_fields, sizeof(struct partners_reply)},
	{first_boot_request_fields, sizeof(struct first_boot_request)},
	{facts_fields, sizeof(struct facts)},
};

static void try_again(const struct field *fields, const void *record, size_t bytes)
{
	autofree void *back = xcalloc(1, bytes);
	autofree char *text = message_encode(fields, record);

	BUG_ON(message_decode(fields, text, strlen(text), LIMIT_FACTS_BYTES, back, NULL) < 0);
	record_done(fields, back);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct events_batch batch = {0};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		autofree void *record = xcalloc(1, messages[i].bytes);

		if (message_decode(messages[i].fields, p, n_bytes, LIMIT_FACTS_BYTES, record,
				   NULL) == 0)
			try_again(messages[i].fields, record, messages[i].bytes);
		record_done(messages[i].fields, record);
	}
	IGNORE_RESULT(events_decode(p, n_bytes, &batch, NULL));
	events_batch_done(&batch);
	return 0;
}
