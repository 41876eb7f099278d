/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cage that a scenario runs in: network, mount, process, IPC and host-name namespaces of its
 * own, with a small init that reaps. Everything that is started inside (QEMU, slipwayd, nginx,
 * dnsmasq) dies with that init, the init dies with the program, and interfaces, mounts and sockets
 * vanish with the namespaces: nothing is left to clean up, whatever kills the lab.
 *
 *   main -- clone(new namespaces) --> init (pid 1 inside) -- fork --> worker: runs fn(arg)
 */
#ifndef LAB_CAGE_H
#define LAB_CAGE_H

#include <stdbool.h>
#include <base/err.h>

#define CAGE_EXIT_LOST 125 /* the worker did not end by itself */

/* Run fn inside a new cage and give its exit code in *ret_exit. SIGINT and SIGTERM here become
 * SIGTERM for the worker; after a second one, or 20 s later, everything inside is killed.
 * blocks: until the worker ends. errors: ERR_LAB_ROOT, ERR_LAB_CAGE. */
MUST_CHECK int cage_run(int (*fn)(void *arg), void *arg, int *ret_exit, struct err *err);

/* In the worker: true once somebody wants the lab to end. */
bool cage_stopping(void);

/* Bind `from` (outside) to `to` (a folder made inside /run/lab, world-traversable). In the worker.
 */
MUST_CHECK int cage_bind(const char *from, const char *to, struct err *err);

#endif
