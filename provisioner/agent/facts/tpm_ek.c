/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPM2_CreatePrimary in the endorsement hierarchy (TPM 2.0 Library, part 3, section 24.1) by hand:
 * the library for it, tpm2-tss, would be ten times larger than this command and the only other
 * thing that it would be used for here. Through /dev/tpmrm0 the kernel forgets the key when the
 * device is closed. Input: a chip that may be faulty.
 */
#include "tpm_ek.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <base/bytes.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/log.h>
#include <base/str.h>

#include "sysfs.h"

#define REPLY_MAX_BYTES 4096
#define ANSWER_MS       20000
#define POINT_BYTES     32 /* a coordinate on P-256 */
#define COMMAND_BYTES   163

#define ALG_ECC      0x0023
#define ALG_NULL     0x0010
#define ALG_AES      0x0006
#define CURVE_P256   0x0003
#define TAG_SESSIONS 0x8002

DEFINE_AUTO(pkey, EVP_PKEY, EVP_PKEY_free);
DEFINE_AUTO(pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free);

#define ZEROS_8  0, 0, 0, 0, 0, 0, 0, 0
#define ZEROS_32 ZEROS_8, ZEROS_8, ZEROS_8, ZEROS_8

/* Everything is in network byte order. */
/* clang-format off */
static const uint8_t create_primary[] = {
	0x80, 0x02,                         /* TPM_ST_SESSIONS */
	0, 0, 0, COMMAND_BYTES,             /* in all */
	0, 0, 0x01, 0x31,                   /* TPM_CC_CreatePrimary */
	0x40, 0, 0, 0x0b,                   /* TPM_RH_ENDORSEMENT */
	0, 0, 0, 9,                         /* its authorization: */
	0x40, 0, 0, 0x09, 0, 0, 0, 0, 0,    /* TPM_RS_PW with an empty password */
	0, 4, 0, 0, 0, 0,                   /* no secret of ours */
	0, 122,                             /* the template: */
	0x00, 0x23, 0x00, 0x0b,             /* ECC, named by SHA-256 */
	0x00, 0x03, 0x00, 0xb2,             /* fixed, restricted, for decryption, admin with policy */
	0, 32,                              /* the policy: PolicySecret(endorsement) */
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
	0x00, 0x06, 0x00, 0x80, 0x00, 0x43, /* AES-128-CFB for what it protects */
	0x00, 0x10,                         /* no signing scheme */
	0x00, 0x03, 0x00, 0x10,             /* P-256, no key derivation */
	0, 32, ZEROS_32, 0, 32, ZEROS_32,   /* unique: all zeros */
	0, 0,                               /* outsideInfo */
	0, 0, 0, 0,                         /* no PCRs */
};
_Static_assert(sizeof(create_primary) == COMMAND_BYTES, "the command says how long it is");
/* clang-format on */

/* ---- the reply ------------------------------------------------------------------------------- */

static int bad_reply(const char *what, struct err *err)
{
	return err_set(err, ERR_AGENT_TPM, "its reply has %s", what);
}

/* A TPM2B of one coordinate; shorter ones (leading zeros left out) are padded. */
static bool read_coordinate(struct cur *c, uint8_t *ret)
{
	size_t n = cur_be16(c);
	const uint8_t *p = cur_bytes(c, n);

	if (c->short_read || n == 0 || n > POINT_BYTES)
		return false;
	memset(ret, 0, POINT_BYTES - n);
	memcpy(ret + POINT_BYTES - n, p, n);
	return true;
}

/* TPMT_PUBLIC of an ECC key (part 2, section 12.2.4) as an uncompressed point. */
static int read_point(struct cur c, uint8_t ret[static 1 + 2 * POINT_BYTES], struct err *err)
{
	if (cur_be16(&c) != ALG_ECC)
		return bad_reply("a key of another kind", err);
	cur_skip(&c, 2 + 4);         /* name algorithm, attributes */
	cur_skip(&c, cur_be16(&c));  /* policy */
	if (cur_be16(&c) == ALG_AES) /* symmetric: bits and mode follow */
		cur_skip(&c, 2 + 2);
	if (cur_be16(&c) != ALG_NULL)
		return bad_reply("a signing scheme", err);
	if (cur_be16(&c) != CURVE_P256 || cur_be16(&c) != ALG_NULL)
		return bad_reply("a key on another curve", err);
	ret[0] = 0x04;
	if (!read_coordinate(&c, ret + 1) || !read_coordinate(&c, ret + 1 + POINT_BYTES))
		return bad_reply("no point of the curve", err);
	return 0;
}

/* OpenSSL refuses a point that does not lie on the curve. */
static int hash_of_point(uint8_t *point, char ret_sha256[static SHA256_HEX_BYTES], struct err *err)
{
	char group[] = "P-256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
						  1 + 2 * POINT_BYTES),
		OSSL_PARAM_construct_end(),
	};
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	AUTO(pkey) EVP_PKEY *key = NULL;
	unsigned char *der = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		return bad_reply("a point that is not on the curve", err);
	int n = i2d_PUBKEY(key, &der);
	if (n <= 0)
		return err_set(err, ERR_CRYPTO, "cannot encode the TPM's key");
	sha256_hex_of(der, (size_t)n, ret_sha256);
	OPENSSL_free(der);
	return 0;
}

int tpm_ek_parse(const uint8_t *p, size_t n_bytes, char ret_sha256[static SHA256_HEX_BYTES],
		 struct err *err)
{
	struct cur c = cur_of(p, n_bytes);
	uint8_t point[1 + 2 * POINT_BYTES];
	uint32_t total_bytes, code;
	unsigned tag = cur_be16(&c);

	total_bytes = cur_be32(&c);
	code = cur_be32(&c);
	if (c.short_read || total_bytes != n_bytes)
		return bad_reply("its length field is wrong", err);
	if (code)
		return err_set(err, ERR_AGENT_TPM, "it refuses with code 0x%x", (unsigned)code);
	if (tag != TAG_SESSIONS)
		return bad_reply("another form", err);
	cur_skip(&c, 4 + 4); /* handle, size of the parameters */
	size_t n_public = cur_be16(&c);
	TRY(read_point(cur_sub(&c, n_public), point, err));
	return hash_of_point(point, ret_sha256, err);
}

/* ---- asking ---------------------------------------------------------------------------------- */

int tpm_ek_ask(int fd, char ret_sha256[static SHA256_HEX_BYTES], struct err *err)
{
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	uint8_t reply[REPLY_MAX_BYTES];
	ssize_t n = write(fd, create_primary, sizeof(create_primary));

	if (n != (ssize_t)sizeof(create_primary))
		return err_sys(err, ERR_IO, "cannot ask the TPM");
	if (poll(&answer, 1, ANSWER_MS) <= 0)
		return err_set(err, ERR_TIMEOUT, "the TPM does not answer");
	n = read(fd, reply, sizeof(reply));
	if (n < 0)
		return err_sys(err, ERR_IO, "cannot read the TPM's answer");
	return tpm_ek_parse(reply, (size_t)n, ret_sha256, err);
}

bool tpm_ek(const char *root, char ret_sha256[static SHA256_HEX_BYTES])
{
	static char kept[SHA256_HEX_BYTES];
	static bool was_asked;
	struct err err = ERR_INIT;

	ret_sha256[0] = '\0';
	if (*root || sysfs_int("", 0, "sys/class/tpm/tpm0/tpm_version_major") != 2)
		return false;
	if (!was_asked) {
		was_asked = true;
		/* not to block: a chip that hangs must not keep the host from its session */
		autoclose int fd = open("/dev/tpmrm0", O_RDWR | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0)
			(void)err_sys(&err, ERR_IO, "cannot open /dev/tpmrm0");
		else
			IGNORE_RESULT(tpm_ek_ask(fd, kept, &err));
		if (err.code)
			log_err(LOG_WARNING, "agent.tpm", &err);
	}
	return str_copy(ret_sha256, SHA256_HEX_BYTES, kept) && kept[0];
}
