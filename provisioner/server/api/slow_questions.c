/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of hashed shapes, one place for each hash. Two shapes in one place take turns, which costs
 * one budget more. Input: questions from URLs; only their hash is kept.
 */
#include "slow_questions.h"

#include <stddef.h>

#define FNV_BEGIN 1469598103934665603ULL
#define FNV_PRIME 1099511628211ULL

static uint64_t mix_byte(uint64_t h, uint8_t byte)
{
	return (h ^ byte) * FNV_PRIME;
}

/* NULL and "" differ: a key without '=' is a range, one with an empty value asks for the unknown. */
static uint64_t mix_text(uint64_t h, const char *text)
{
	for (const char *p = text; p && *p; p++)
		h = mix_byte(h, (uint8_t)*p);
	return mix_byte(h, text ? 0xff : 0xfe);
}

/* "cores>32": the value belongs to the key there, and is left out. */
static uint64_t mix_key(uint64_t h, const char *key, bool has_value)
{
	for (const char *p = key; *p; p++) {
		h = mix_byte(h, (uint8_t)*p);
		if (!has_value && (*p == '<' || *p == '>'))
			break;
	}
	return mix_byte(h, 0xff);
}

static uint64_t shape_of(const struct read_job *job)
{
	const struct query_request *q = &job->q;
	uint64_t h = mix_byte(FNV_BEGIN, (uint8_t)job->kind);

	h = mix_text(h, job->of ? job->of->name : NULL);
	h = mix_text(mix_text(h, q->sort), q->fields);
	h = mix_text(mix_text(h, job->group_by), job->sum);
	h = mix_byte(h, (uint8_t)((q->search != NULL) | (q->at_us != 0) << 1 | q->total << 2 |
				  q->all_times << 3 | (q->limit > 100) << 4 | job->capacity << 5));
	for (size_t i = 0; i < _MEASURE_MAX; i++)
		h = mix_text(h, job->more.fields[i]);
	for (size_t i = 0; i < q->n_filters; i++)
		h = mix_key(h, q->filters[i].key, q->filters[i].value != NULL);
	return h;
}

void slow_questions_note(struct slow_questions *s, const struct read_job *job, int64_t now_us)
{
	uint64_t shape = shape_of(job);
	size_t place = shape % SLOW_QUESTIONS_MAX;

	s->known[place].shape = shape;
	s->known[place].until_us = now_us + SLOW_QUESTIONS_KEEP_US;
}

bool slow_questions_has(const struct slow_questions *s, const struct read_job *job, int64_t now_us)
{
	uint64_t shape = shape_of(job);
	size_t place = shape % SLOW_QUESTIONS_MAX;

	return s->known[place].shape == shape && s->known[place].until_us > now_us;
}
