/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCP Test & Validation output 2.0: JSON records of one burn-in run, in order, numbered. The caller
 * says where records go; nothing is kept here.
 *
 *  1. ocp_begin() writes the schema version and testRunStart with the table of components.
 *  2. per test: ocp_step_start(), measurements, diagnoses, logs, errors, ocp_step_end().
 *  3. ocp_end(): a stream without it was cut off, and its reader must say ERROR.
 *
 * Only four pairs of status and result exist: COMPLETE+PASS, COMPLETE+FAIL, SKIP+NOT_APPLICABLE,
 * ERROR+NOT_APPLICABLE. What was not judged is never PASS.
 */
#ifndef BURNIN_RECORD_H
#define BURNIN_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/err.h>
#include <burnin/component.h>

enum ocp_status { OCP_COMPLETE, OCP_ERROR, OCP_SKIP };
enum ocp_verdict { OCP_PASS, OCP_FAIL, OCP_UNKNOWN };
enum ocp_result { OCP_RESULT_PASS, OCP_RESULT_FAIL, OCP_RESULT_NOT_APPLICABLE };

const char *ocp_status_str(enum ocp_status status);
const char *ocp_verdict_str(enum ocp_verdict verdict);
const char *ocp_result_str(enum ocp_result result);

struct ocp_stream {
	void (*emit)(void *arg, json_t *record); /* takes the record over */
	int64_t (*wall_us)(void *arg);
	void *arg;
	int64_t sequence;
};

struct ocp_run {
	const char *name, *version, *command_line;
	json_t *parameters; /* taken over; an object or NULL */
	const char *dut_id, *dut_name;
	const component_list *components;
};

void ocp_begin(struct ocp_stream *s, const struct ocp_run *run);
void ocp_end(struct ocp_stream *s, enum ocp_status status, enum ocp_result result);

void ocp_step_start(struct ocp_stream *s, const char *step, const char *name);
void ocp_step_end(struct ocp_stream *s, const char *step, enum ocp_status status);

/* What the value is held against; NULL type: nothing. "EQUAL", "LESS_THAN_OR_EQUAL", .. */
struct ocp_validator {
	const char *type;
	double limit;
};
struct ocp_measurement {
	const struct component *component; /* NULL: the host as a whole */
	const char *name;
	double value;
	const char *unit; /* or NULL */
	struct ocp_validator validator;
};
void ocp_measure(struct ocp_stream *s, const char *step, const struct ocp_measurement *m);

/* verdict_name: a short, countable name ("dimm-ce-rate-exceeded"). */
void ocp_diagnose(struct ocp_stream *s, const char *step, const struct component *component,
		  enum ocp_verdict verdict, const char *verdict_name, const char *message);
void ocp_log(struct ocp_stream *s, const char *step, const char *severity, const char *message);
void ocp_error(struct ocp_stream *s, const char *step, const char *symptom, const char *message);
/* content is taken over. */
void ocp_extend(struct ocp_stream *s, const char *step, const char *name, json_t *content);

/* The shape of one record: exactly one known artifact, its sequence number and its time. trust:
 * none. For who receives them. */
MUST_CHECK int ocp_check_record(json_t *record, struct err *err);

#endif
