/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes this server this server: its plan key, its TLS key and certificate, the trust root,
 * and site.cpio, the second ramdisk that carries the public halves to agents. Made once under
 * state_dir, kept for good. Image signing keys are never here: a missing trust root is made by the
 * tool, as another program.
 */
#ifndef SERVER_SITE_H
#define SERVER_SITE_H

#include <sys/types.h>
#include <base/err.h>
#include <proto/plan.h>
#include "config.h"
#include <base/secret_box.h>

struct site {
	struct plan_key *plan_key;
	uint8_t seal_key[SECRET_KEY_BYTES]; /* for secret_box.h */
	char pin[64];                       /* "sha256//BASE64" of the TLS key's SPKI */
	char *tls_key, *tls_cert;           /* paths */
	char *root_path;                    /* trust root */
	char *site_cpio;                    /* path */
	char *objects_dir;
	char *spool_dir;
	char *audit_dir;   /* checkpoints */
	char *backup_dir;  /* copies of the store */
	char *archive_dir; /* what left the store by age */
	char *plan_public; /* path of the key that checks them */
};

/* Make what is missing, load what is there, write site.cpio. in: web_group: of nginx, which reads the
 * TLS key. blocks: about a second the first time. */
MUST_CHECK int site_open(const struct config *c, gid_t web_group, struct site *ret,
			 struct err *err);
void site_done(struct site *s);

#endif
