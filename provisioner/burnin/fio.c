/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fio's JSON; see tool_output.h. It prints a document even when every job has failed, and a job
 * that moved nothing has no error. A status other than 0 is never a pass.
 */
#include <burnin/tool_output.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <burnin/vendor_json.h>

/* What the medium did; other errors (no memory, no permission, wrong options) are fio's own. */
static const int64_t medium_errors[] = {EIO,       EILSEQ,    EBADMSG, ENODATA,
					EREMOTEIO, ETIMEDOUT, ENODEV};

struct jobs {
	unsigned n, n_idle;
	int64_t first_error;
	bool medium;
	int64_t n_errors;
	bool unreadable; /* a job without a readable error */
};

static bool line_has(struct sv line, const char *words)
{
	return memmem(line.p, line.n, words, strlen(words)) != NULL;
}

static int64_t moved(json_t *job)
{
	int64_t read = vendor_json_count(vendor_json_at(job, "read/io_bytes"));
	int64_t write = vendor_json_count(vendor_json_at(job, "write/io_bytes"));

	return (read > 0 ? read : 0) / 2 + (write > 0 ? write : 0) / 2;
}

/* errno of a job, 0 for none; -1 if the document does not tell. */
static int64_t error_of(json_t *job)
{
	json_t *error = json_object_get(job, "error");

	if (json_is_integer(error) && json_integer_value(error) < 0 &&
	    json_integer_value(error) > -INT32_MAX)
		return -json_integer_value(error);
	return vendor_json_count(error);
}

static void read_job(json_t *job, struct jobs *ret)
{
	int64_t error = error_of(job);
	int64_t total = vendor_json_count(json_object_get(job, "total_err"));

	ret->n++;
	ret->n_idle += moved(job) == 0;
	ret->n_errors += total > 0 && total < INT64_MAX / 4 ? total : 0;
	ret->unreadable |= error < 0;
	if (error <= 0)
		return;
	if (!ret->first_error)
		ret->first_error = error;
	for (size_t i = 0; i < ARRAY_LEN(medium_errors); i++)
		if (error == medium_errors[i]) {
			ret->medium = true;
			ret->first_error = error;
		}
}

static void set(struct tool_outcome *ret, enum tool_verdict verdict, const char *text)
{
	tool_outcome_set(ret, verdict, text, strlen(text));
}

static const char *error_text(int64_t error)
{
	return error < 4096 ? strerror((int)error) : "which is not known";
}

static void judge(struct tool_end end, const struct jobs *jobs, struct tool_outcome *ret)
{
	char text[128];

	ret->n_errors = jobs->n_errors;
	if (jobs->first_error) {
		text_print(text, sizeof(text), "fio: error %lld, %s", (long long)jobs->first_error,
			   jobs->first_error == EILSEQ ? "other bytes were read than were written"
						       : error_text(jobs->first_error));
		ret->wrong_data = jobs->first_error == EILSEQ;
		set(ret, jobs->medium ? TOOL_FOUND_FAULT : TOOL_NOT_RUN, text);
	} else if (jobs->n_errors > 0) {
		set(ret, TOOL_FOUND_FAULT, "fio counts errors that it went past");
	} else if (end.signal || end.status) {
		text_print(text, sizeof(text), "fio ended with %s %d",
			   end.signal ? "signal" : "status", end.signal ? end.signal : end.status);
		set(ret, TOOL_NOT_RUN, text);
	} else if (jobs->unreadable) {
		set(ret, TOOL_NOT_RUN, "fio: the document does not show how a job ended");
	} else if (jobs->n == 0 || jobs->n_idle) {
		set(ret, TOOL_NOT_RUN, "fio: a job read and wrote nothing");
	} else {
		set(ret, TOOL_PASSED, "fio: all jobs ended without an error");
	}
}

/* "fio: io_u error on file /dev/sda: Remote I/O error: read ..", "fio: pid=12, err=5/file:io_u.c:1803,
 * func=io_u error, error=Input/output error": a line of its own beside the document. */
static bool reports_medium(const char *output)
{
	struct sv rest = sv_of(output);

	while (rest.n) {
		struct sv line = sv_split(&rest, '\n');

		if (!line_has(line, "io_u error"))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(medium_errors); i++)
			if (line_has(line, strerror((int)medium_errors[i])))
				return true;
	}
	return false;
}

void tool_read_fio(struct tool_end end, const char *output, struct tool_outcome *ret)
{
	autojson json_t *doc = NULL;
	struct err err = ERR_INIT;
	struct jobs jobs = {0};
	json_t *job;
	size_t i;

	*ret = (struct tool_outcome){0};
	/* "verify: bad header ..." is printed beside the document. */
	if (strstr(output, "verify: bad") || strstr(output, "verify failed")) {
		set(ret, TOOL_FOUND_FAULT, "fio: other bytes were read than were written");
		ret->wrong_data = true;
		return;
	}
	/* The document may be missing or cut off then. */
	if (reports_medium(output)) {
		set(ret, TOOL_FOUND_FAULT, "fio: the disk could not be read or written");
		return;
	}
	if (vendor_json_load(output, strlen(output), &doc, &err) < 0) {
		set(ret, TOOL_NOT_RUN, err.msg);
		return;
	}
	json_array_foreach (json_object_get(doc, "jobs"), i, job)
		read_job(job, &jobs);
	judge(end, &jobs, ret);
}
