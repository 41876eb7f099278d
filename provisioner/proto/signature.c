/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of signatures, made from the lists in their header. Input: words that agents sent.
 */
#include <proto/signature.h>

#include <strings.h>
#include <base/cleanup.h>

static const char *const shared[] = {
#define X(word) word,
	SHARED_SIGNATURES(X)
#undef X
};

static const struct {
	const char *type, *word;
} partition_types[] = {
#define X(type, word) {type, word},
	PARTITION_SIGNATURES(X)
#undef X
};

const char *signature_of_partition_type(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(partition_types); i++)
		if (strcasecmp(partition_types[i].type, type) == 0)
			return partition_types[i].word;
	return NULL;
}

bool signature_is_shared(const char *word)
{
	const char *of_type = signature_of_partition_type(word);

	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		if (strcasecmp(shared[i], of_type ? of_type : word) == 0)
			return true;
	return false;
}
