/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server would do with a host, without a server: from its facts the boot answer, the steps
 * of its life and the disk that is chosen, and from the evidence of several machines which host each
 * is taken for. The daemon's own rules decide; nothing is stored.
 */
#ifndef SERVER_SIMULATE_H
#define SERVER_SIMULATE_H

#include <jansson.h>
#include <proto/evidence.h>
#include <server/flow/disk_choice.h>

/* in: facts: a document as an agent sends it, TRUST: none; profile: a document, or NULL for one that
 * lets every host in, approves it, tests it quickly and images the one disk that fits; disk: an
 * operator's choice in place of the profile's, or NULL.
 * out: *ret: {"boot": {..}, "profile": name|null, "disk": {..}|null, "reason": {..}|null,
 * "drives": [..], "steps": [..], "ends": state}. owns: the caller's.
 * errors: field errors of facts and profile. A refusal is an answer, no error. */
MUST_CHECK int simulate_host(json_t *facts, json_t *profile, const struct disk_rule *disk,
			     json_t **ret, struct err *err);

/* A machine and what it shows, in the order in which they come. */
struct simulated_machine {
	const char *name;
	struct evidence evidence;
};

/* On a scratch store below TMPDIR, which is removed.
 * out: *ret: {"machines": [{"name", "verdict", "host", "why", "others"}], "hosts": [{"host",
 * "in_review", "review"}], "shared": [{"kind", "value", "why"}]}. owns: the caller's.
 * errors: those of a store. */
MUST_CHECK int simulate_identity(const struct simulated_machine *machines, size_t n, json_t **ret,
				 struct err *err);

#endif
