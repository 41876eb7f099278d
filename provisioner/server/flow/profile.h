/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: what happens to hosts that match. Parsing a document, asking whether a host matches,
 * and filling host-name templates; choosing a disk by a profile's rule is disk_choice.h. Pure.
 */
#ifndef SERVER_PROFILE_H
#define SERVER_PROFILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <base/digest.h>
#include <base/err.h>
#include <proto/console.h>
#include <proto/plan.h>
#include <proto/record.h>

struct disk_rule {
	char serial[129], wwn[129];   /* patterns with * and ?; "" any */
	int64_t min_bytes, max_bytes; /* 0: no bound */
	char media[9];                /* SSD, HDD, "" any */
};

struct profile {
	char name[129];
	int64_t priority;
	char serial[129], manufacturer[129], product[129], arch[17], mac[65]; /* patterns; "" any */
	bool enrol, auto_approve;
	bool has_burn_in, has_image;
	char tier[17];
	int64_t cpu_s, memory_s, disk_s;
	char line[65], version[65];
	struct disk_rule disk;
	json_t *layout; /* images/disk_layout.h; a reference; NULL: the image's own */
	char wipe[17];
	bool wipe_consent;
	char hostname[129];
	char domain[190];                /* with a host name before it, 253 bytes at most; "" */
	char console[CONSOLE_MAX_BYTES]; /* proto/console.h; "" */
	char boot_order[PLAN_BOOT_ORDER_BYTES]; /* "" network */
	json_t *ssh_authorized_keys;            /* array; a reference */
	json_t *network;                        /* proto/network.h; a reference; NULL: none */
	const char *user_data; /* as a person wrote it; owned by doc; NULL: none, or hidden */
	char user_sha256[SHA256_HEX_BYTES]; /* "" none */
	int64_t user_bytes;
	bool user_set;
	char *sealed; /* owned; set by profile_secret_hide() only */
	json_t *doc;  /* a reference; NULL in an empty profile */
};

/* How a profile is written; it is read and described by this. */
extern const struct field profile_fields[];
/* Strict. trust: an operator's. owns: profile_done(ret), also after an error.
 * errors: JSON field errors, ERR_GUARD_SELECTOR when match names nothing. */
MUST_CHECK int profile_parse(json_t *doc, struct profile *ret, struct err *err);
void profile_done(struct profile *p);
/* {"set", "bytes", "sha256"}: what stands for the user data wherever the profile is shown. owns:
 * the caller. */
MUST_CHECK json_t *profile_user_data_json(const struct profile *p);

/* Does it give away what a person decides otherwise: that a disk is written, or that its data may
 * be lost? Writing or changing such a profile is arming. */
bool profile_arms(const struct profile *p);
/* SHA-256 of what it gives a host: line and version, disk rule, wiping, host name, SSH keys, user
 * data, network, and the burn-in before it. An empty profile has one, too. Name, priority and match do
 * not count. */
void profile_digest(const struct profile *p, char ret[static SHA256_HEX_BYTES]);

/* What a host is matched by; "" is unknown. macs: separated by blanks. trust: from the host. */
struct profile_subject {
	const char *serial, *manufacturer, *product, *arch, *macs;
};
bool profile_matches(const struct profile *p, const struct profile_subject *s);
/* The first of a list (highest priority first) that matches. owns: profile_done(ret). Returns 1, or
 * 0 when none matches; documents that cannot be read are passed over. */
int profile_choose(json_t *list, const struct profile_subject *s, struct profile *ret);

/* Fill {short_code}, {serial}, {arch} into the host-name template and make a valid host name of it.
 */
void profile_hostname(const struct profile *p, const char *short_code, const char *serial,
		      const char *arch, char ret[static 64]);
/* That name with the profile's domain; "" where it has none. */
void profile_fqdn(const struct profile *p, const char *hostname, char ret[static 254]);

#endif
