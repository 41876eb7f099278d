/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured logs: an event name, then key=value pairs, one line a record on standard error.
 *
 *     log_ev(LOG_INFO, "host.state", KV("host", id), KV("to", "testing"), KV("took_ms", 12));
 *
 * Programs log, once, at the place that decides; rooms return errors. Values are escaped: a host
 * cannot write a line into our log. Secrets have types of their own that KV does not take.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>
#include <base/err.h>

enum kv_type { KV_INT, KV_UINT, KV_STR, KV_BOOL };

struct kv {
	const char *key;
	enum kv_type type;
	union {
		int64_t i;
		uint64_t u;
		const char *s;
		bool b;
	};
};

static inline struct kv kv_int(const char *key, int64_t v)
{
	return (struct kv){.key = key, .type = KV_INT, .i = v};
}
static inline struct kv kv_uint(const char *key, uint64_t v)
{
	return (struct kv){.key = key, .type = KV_UINT, .u = v};
}
static inline struct kv kv_str(const char *key, const char *v)
{
	return (struct kv){.key = key, .type = KV_STR, .s = v};
}
static inline struct kv kv_bool(const char *key, bool v)
{
	return (struct kv){.key = key, .type = KV_BOOL, .b = v};
}

#define KV(key, v)                                                                                 \
	_Generic((v),                                                                              \
	        bool: kv_bool,                                                                     \
	        char *: kv_str,                                                                    \
	        const char *: kv_str,                                                              \
	        unsigned char: kv_uint,                                                            \
	        unsigned short: kv_uint,                                                           \
	        unsigned int: kv_uint,                                                             \
	        unsigned long: kv_uint,                                                            \
	        unsigned long long: kv_uint,                                                       \
	        default: kv_int)(key, v)

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Call once at start. proc: name of the program, kept by reference. journal: also prefix <N>. */
void log_open(const char *proc, enum log_format format, int max_level);

void log_write(int level, const char *event, const struct kv *pairs, size_t n_pairs);
#define log_ev(level, event, ...)                                                                  \
	log_write(level, event, (const struct kv[]){__VA_ARGS__},                                  \
		  sizeof((const struct kv[]){__VA_ARGS__}) / sizeof(struct kv))

/* Log an error with its stable name, class, message and hint, after the given pairs. */
void log_err_write(int level, const char *event, const struct err *err, const struct kv *pairs,
		   size_t n_pairs);
#define log_err(level, event, err, ...)                                                            \
	log_err_write(                                                                             \
		level, event, err, (const struct kv[]){KV("proc_id", kv_pid()), ##__VA_ARGS__},    \
		sizeof((const struct kv[]){KV("proc_id", 0), ##__VA_ARGS__}) / sizeof(struct kv))
int64_t kv_pid(void);

#endif
