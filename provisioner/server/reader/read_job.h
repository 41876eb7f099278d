/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question to the inventory as a value: the daemon answers it on the spot when that is quick, and
 * else hands the same question, as JSON, to a reader process (readers.h, reader.h). Both give the
 * same bytes.
 */
#ifndef SERVER_READ_JOB_H
#define SERVER_READ_JOB_H

#include <jansson.h>
#include <inventory/store_archive.h>
#include <inventory/collection.h>
#include <base/err.h>

enum read_kind {
	READ_PAGE,
	READ_SUMMARY,
	READ_DIFFERENCE,
	READ_PIPELINE,
	READ_AUDIT_CHECK,
	READ_BACKUP,
	READ_HOST_SEARCH,
	READ_SPACE,
	READ_EXPORT, /* by readers only */
	READ_BURN_REPORT,
	READ_PASSWORD,      /* no question to the store: work that is too long for the loop */
	READ_ARCHIVE,       /* of archive, from before from_us, into the folder path */
	READ_ARCHIVE_CHECK, /* number after, in the folder path */
	_READ_KIND_MAX
};

/* Strings are borrowed. */
struct read_job {
	enum read_kind kind;
	const struct collection *of;
	struct query_request q;
	const char *group_by, *sum; /* READ_SUMMARY; READ_SPACE: by what */
	bool capacity;
	struct summary_more more;
	const json_t *ask; /* READ_HOST_SEARCH: the lists; q.fields. READ_PASSWORD: "password", and
			    * "stored" to compare it with; without, its hash is made */
	int64_t from_us, to_us, after; /* READ_DIFFERENCE; limit is q.limit */
	const char *delivery;          /* READ_PIPELINE; NULL: all. READ_BURN_REPORT, or host */
	const char *host;              /* READ_BURN_REPORT: an id */
	bool page;                     /* READ_BURN_REPORT: as HTML */
	int64_t now_us;
	enum archive_kind archive;
	const char *path; /* READ_BACKUP: the new file; READ_AUDIT_CHECK: the checkpoints' folder */
	const char *key_path; /* READ_AUDIT_CHECK: what they are checked with */
	enum export_format format;
	bool gzip;
	const json_t *progress; /* of hosts, {"NUM": ",\"progress\":{...}"}; NULL: none */
};

/* The last member of a page, which counts for nothing when two pages are compared. */
#define READ_AS_OF ",\"as_of\":"

/* Answer into *ret, which the caller frees. extra: further members of hosts, or NULL: what
 * j->progress says. errors: ERR_DB_SLOW (a budget is over), and those of the question */
MUST_CHECK int read_job_run(struct db *db, const struct read_job *j,
			    const struct query_extra *extra, char **ret, size_t *ret_n_bytes,
			    struct err *err);

MUST_CHECK json_t *read_job_to_json(const struct read_job *j);
/* Strings live as long as doc. errors: ERR_INVALID and those of the JSON reader */
MUST_CHECK int read_job_from_json(json_t *doc, struct read_job *ret, struct err *err);

#endif
