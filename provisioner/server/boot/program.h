/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs that face the network beside the daemon, one row each: nginx, dnsmasq, the DHCP
 * prober. `slipwayd --run NAME` becomes one of them: it takes the program's user and the few
 * capabilities of its row, writes the program's configuration into the user's own folder, lets the
 * program judge it, and turns into it. It is started by the supervisor (supervisor.h), or by a unit
 * of its own.
 */
#ifndef SERVER_BOOT_PROGRAM_H
#define SERVER_BOOT_PROGRAM_H

#include <base/err.h>
#include "service_user.h"

/* What it ends with when a restart would not help: sysexits.h has it as EX_CONFIG. */
#define PROGRAM_REFUSED 78

#define PROGRAM_DNSMASQ_NAME "dnsmasq"
#define PROGRAM_PROBER_NAME  "dhcp-prober"

enum program { PROGRAM_NGINX, PROGRAM_DNSMASQ, PROGRAM_PROBER, _PROGRAM_MAX };

const char *program_name(enum program program);
/* Does the configuration ask for it? */
bool program_is_wanted(enum program program, const struct boot_place *place);

/* Turn into the program. Standard input may be a pipe for its log. Returns only an error, or 0 where
 * the configuration does not ask for it. errors: ERR_CONFIG, ERR_PXE_CONFIG (the program's own
 * words), ERR_IO, ERR_PROCESS_MISSING, ERR_SYS, ERR_NOT_FOUND (no such program) */
MUST_CHECK int program_run(const char *name, const struct boot_place *place, struct err *err);

#endif
