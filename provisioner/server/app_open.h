/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and ending the daemon's parts: for main.c alone; see app.c. */
#ifndef SERVER_APP_OPEN_H
#define SERVER_APP_OPEN_H

#include "app.h"

/* a: config is filled, event is set, run_lock_fd is -1, the rest is zero. After an error
 * app_close(). */
int app_open(struct app *a, struct err *err);
/* The same without nginx and dnsmasq, and with the address as configured: for tests. */
int app_open_core(struct app *a, struct err *err);
void app_close(struct app *a);

#endif
