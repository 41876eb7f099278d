/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed receipts: what an agent says it did to one disk, bound to host, session, plan and arm, and
 * signed with the key that the session is bound to (ECDSA P-256 over the DSSE pre-authentication
 * encoding of the bytes that travel). The envelope carries the public key; whoever holds the key's
 * fingerprint can check it without the server. It proves which agent spoke, not that it is honest.
 *
 * Agent: receipt_seal().  Server, third party: receipt_open(), then receipt_check().
 */
#ifndef PROTO_RECEIPT_H
#define PROTO_RECEIPT_H

#include <base/cleanup.h>
#include <base/digest.h>
#include <base/err.h>
#include <proto/plan.h>
#include <proto/record.h>

#define RECEIPT_PAYLOAD_TYPE "application/vnd.slipway.receipt.v1+json"
#define RECEIPT_TYPE         "slipway-receipt/v1"
#define RECEIPT_MAX_BYTES    (256 * 1024)
#define RECEIPT_BIOS_DRIVE                                                                         \
	"bios_drive" /* in an image's report: BIOS's number of the disk, if known */

struct receipt_disk {
	char wwn[129], serial[129];
	int64_t size_bytes;
};

struct receipt {
	char type[33];
	char host_id[PLAN_ID_BYTES], session_id[PLAN_ID_BYTES];
	char plan_id[PLAN_ID_BYTES], arm_id[PLAN_ID_BYTES];
	struct receipt_disk disk;
	char work[17];  /* "image", "erase" */
	json_t *report; /* of the work; an image's: images/install.h */
};
void receipt_done(struct receipt *r);
#define autoreceipt __attribute__((cleanup(receipt_done)))

/* Sign with the private key in a PEM file. out: the envelope, the caller's (json_decref).
 * errors: ERR_CRYPTO, ERR_IO, ERR_TOO_BIG */
MUST_CHECK int receipt_seal(const char *key_path, const struct receipt *receipt, json_t **ret,
			    struct err *err);

/* Check the signature, then decode. in: key_sha256 is the fingerprint (hex SHA-256 of the public
 * key's SPKI) that must have signed; NULL: whichever key the envelope brings, for which the caller
 * must then ask ret_key. trust: none; nothing inside the payload is parsed before its signature is
 * good. owns: receipt_done(ret), also after an error. errors: ERR_RECEIPT_ENVELOPE,
 * ERR_RECEIPT_TYPE, ERR_RECEIPT_KEY, ERR_RECEIPT_SIGNATURE, JSON errors */
MUST_CHECK int receipt_open(json_t *envelope, const char *key_sha256, struct receipt *ret,
			    char ret_key[static SHA256_HEX_BYTES], struct err *err);

/* errors: ERR_RECEIPT_BINDING: another host, session, arm or kind of work */
MUST_CHECK int receipt_check(const struct receipt *r, const char *host_id, const char *session_id,
			     const char *arm_id, const char *work, struct err *err);

#endif
