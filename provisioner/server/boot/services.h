/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx and dnsmasq of this appliance: their configuration is written into run_dir and checked by
 * themselves, then they run as supervised children.
 */
#ifndef SERVER_SERVICES_H
#define SERVER_SERVICES_H

#include <base/err.h>

#include "boot_server.h"

/* Write and check the files. errors: ERR_CONFIG, ERR_PXE_CONFIG (their own words), ERR_IO */
MUST_CHECK int services_write(struct boot_server *b, struct err *err);
/* Who nginx's workers are: they may use the front socket. -1: nobody but root and ourselves. */
void services_front_ids(const struct boot_server *b, int64_t *ret_uid, int64_t *ret_gid);
/* Start what the configuration asks for. */
MUST_CHECK int services_start(struct boot_server *b, struct err *err);
void services_stop(struct boot_server *b);

#endif
