/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fake agent led through the server, each step checked: the fixture of tests about what happens
 * to a host. The set-ups leave a server bench in the test's state; a step that does not end as it
 * should fails the test with the server's own words.
 */
#ifndef TESTS_HARNESS_HOST_WALK_H
#define TESTS_HARNESS_HOST_WALK_H

#include <proto/plan.h>
#include "tests/harness/fake_agent.h"
#include "tests/harness/server_bench.h"

#define MAC_A "52:54:00:00:00:0a"
#define MAC_B "52:54:00:00:00:0b"

/* One profile, "p", that takes every host: through burn-in to its image by itself, or to the arm of
 * a person, without a burn-in. */
extern const char profile_auto[], profile_by_hand[];
/* Like profile_auto, with the whole time of its tier. */
extern const char profile_slow[];

/* cmocka set-ups and tear-down: *state is a struct server_bench that has that profile. */
int walk_setup_auto(void **state);
int walk_setup_by_hand(void **state);
int walk_setup_slow(void **state);
int walk_teardown(void **state);
/* The same as new, for the next row of a table: another server, another store. */
void walk_renew(struct server_bench *b, const char *profile);

/* The call ended with that status. */
void need(int got, int wanted, const struct fake_agent *a, const char *what);
/* The server's next step is of that kind. */
void need_step(struct server_bench *b, struct fake_agent *a, enum plan_step_kind kind);
/* The host is in that state. */
void need_state(struct server_bench *b, const struct fake_agent *a, const char *state);

/* In the order of a host's life. With b->shaky the server is killed before every request. The agent
 * is booted by walk_open; the test ends it with fake_agent_done(). */
void walk_open(struct server_bench *b, struct fake_agent *a, const char *serial, const char *mac);
/* signature: what lies on the disk, or NULL. */
/* The machine was switched off and on: after the lease of its last session, with another key. */
void walk_reboot(struct server_bench *b, struct fake_agent *a, const char *serial, const char *mac);
/* A person approves the machine whose key asked last, by the code on its screen. Returns the
 * status. */
int walk_approve_asking(struct server_bench *b, const struct fake_agent *a);
void walk_inspect(struct server_bench *b, struct fake_agent *a, const char *signature);
/* One OCP record: its text without the number, the time and the last brace. The caller frees. */
MUST_CHECK json_t *walk_record_of(int sequence, const char *text);
/* That record of a run that passes; NULL after the last. */
MUST_CHECK json_t *walk_good_record(int sequence);
/* All of them. */
void walk_send_records(struct fake_agent *a);
/* A whole run that passes by its records; result is what the agent says of it. */
void walk_burn_in(struct server_bench *b, struct fake_agent *a, const char *result);
/* From power-on to a host that was looked at, and has an empty disk. */
void walk_to_discovered(struct server_bench *b, struct fake_agent *a, const char *serial,
			const char *mac);
/* From power-on to the step that would write the image; profile_auto. */
void walk_to_image(struct server_bench *b, struct fake_agent *a, const char *serial,
		   const char *mac);
/* The same, with the permit to write. */
void walk_to_writing(struct server_bench *b, struct fake_agent *a, const char *serial,
		     const char *mac);
/* From the last byte to the end of the step. */
void walk_finish_image(struct server_bench *b, struct fake_agent *a);
/* From power-on to ready. */
void walk_to_ready(struct server_bench *b, struct fake_agent *a, const char *serial,
		   const char *mac);

/* Arm the host for debian12@1 on its own disk; more: further members, each with a comma before it.
 * Returns the status. */
int walk_arm(struct server_bench *b, const struct fake_agent *a, const char *more);
/* Stop all writing. */
void walk_stop_all(struct server_bench *b);
/* The agent's heartbeat is answered, and it is told to write. */
bool walk_may_write(struct server_bench *b, struct fake_agent *a);
/* The boot script as iPXE on a host with that MAC would get it; the caller frees. */
char *walk_boot_script(const struct server_bench *b, const char *mac);

#endif
