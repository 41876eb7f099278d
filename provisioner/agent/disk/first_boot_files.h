/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the first-boot reporter and its parts lie in an installed system: written by the agent
 * (personalise.c), removed by the reporter itself (first_boot.c).
 */
#ifndef AGENT_FIRST_BOOT_FILES_H
#define AGENT_FIRST_BOOT_FILES_H

#define FIRST_BOOT_PROGRAM_DIR "/usr/lib/slipway"
#define FIRST_BOOT_PROGRAM     FIRST_BOOT_PROGRAM_DIR "/first-boot"
#define FIRST_BOOT_CONFIG_DIR  "/etc/slipway"
#define FIRST_BOOT_CONFIG      FIRST_BOOT_CONFIG_DIR "/first-boot.conf"
#define FIRST_BOOT_UNIT_NAME   "slipway-first-boot.service"
#define FIRST_BOOT_UNIT        "/etc/systemd/system/" FIRST_BOOT_UNIT_NAME
#define FIRST_BOOT_WANTS       "/etc/systemd/system/multi-user.target.wants/" FIRST_BOOT_UNIT_NAME
/* A script that falls back to DHCP; the reporter runs it once. */
#define FIRST_BOOT_FALLBACK FIRST_BOOT_PROGRAM_DIR "/network-fallback"
/* Why it did: reported, also after another start. */
#define FIRST_BOOT_FAILURE FIRST_BOOT_CONFIG_DIR "/network-failure"
/* Where OpenRC starts services instead of systemd (Alpine). */
#define FIRST_BOOT_RC          "/etc/init.d/slipway-first-boot"
#define FIRST_BOOT_RC_RUNLEVEL "/etc/runlevels/default/slipway-first-boot"

#endif
