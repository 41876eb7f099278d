/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds what happened against what the scenario expects, and writes it down as the scenario's
 * result document: the entry of build/lab/report.json, with a list of checks per host.
 */
#ifndef LAB_JUDGE_H
#define LAB_JUDGE_H

#include <jansson.h>
#include <base/err.h>
#include "bench.h"

/* What is known of a host at the end; the input of the judgement, so that tests can make it up. */
struct host_facts {
	char state[32], detail[240], fault[VIEW_TEXT_BYTES], image_digest[80];
	char trouble[ERR_MSG_MAX_BYTES];
	bool decoys_unchanged;
	bool target_unchanged, target_bootable, target_blank;
	bool console_seen[LAB_MAX_CONSOLES];
	bool http_seen, pxe_seen; /* what its firmware said that it boots from */
	unsigned own_boots, imaged_times;
	struct view_order orders[VIEW_ORDERS_MAX];
	size_t n_orders; /* may be more */
	char switch_name[VIEW_TEXT_BYTES], switch_port[VIEW_TEXT_BYTES];
	size_t commands_passed;
	char command_failure[GUEST_FAILURE_BYTES];
};

/* Read the disks and gather the rest. errors: ERR_IO. blocks: hashes every disk. */
MUST_CHECK int judge_gather(const struct bench_host *h, struct host_facts *ret, struct err *err);

/* Append {"name", "passed", "detail"} objects to `checks`; true when all passed. Pure. */
bool judge_host(const struct lab_host *spec, const struct host_facts *facts, json_t *checks);

/* The result document of a played scenario. trouble: the lab's own error, or NULL.
 * The caller frees (json_decref). Its "passed" says whether every expectation held. */
MUST_CHECK json_t *judge_scenario(struct bench *b, const char *trouble);

#endif
