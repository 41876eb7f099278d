/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signers: key files through OpenSSL, and external commands; see images/signer.h. A private key
 * stays in OpenSSL's memory and leaves it only as a signature.
 */
#include <images/signer.h>

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#define COMMAND_WORDS_MAX  32
#define COMMAND_TIMEOUT_MS (5 * 60 * 1000) /* a person may have to touch a token */

DEFINE_AUTO(pkey, EVP_PKEY, EVP_PKEY_free);
DEFINE_AUTO(md_ctx, EVP_MD_CTX, EVP_MD_CTX_free);

struct signer {
	struct public_key public;
	EVP_PKEY *key;
	char *command; /* instead of a key: its words, cut by NULs */
	const char *words[COMMAND_WORDS_MAX + 1];
};

void signer_free(struct signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->key);
	free(s->command);
	free(s);
}

const struct public_key *signer_public_key(const struct signer *s)
{
	return &s->public;
}

static int public_of(EVP_PKEY *key, struct public_key *ret, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der), status;

	if (n <= 0)
		return err_set(err, ERR_CRYPTO, "public key cannot be encoded");
	status = public_key_parse(der, (size_t)n, ret, err);
	OPENSSL_free(der);
	return status;
}

int signer_from_file(const char *path, struct signer **ret, struct err *err)
{
	AUTO(signer) struct signer *s = xcalloc(1, sizeof(*s));
	FILE *f = fopen(path, "re");

	if (!f)
		return err_sys(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open '%s'",
			       path);
	/* No callback: an encrypted key is refused instead of asking on a terminal. */
	s->key = PEM_read_PrivateKey(f, NULL, NULL, (void *)(uintptr_t) "");
	(void)fclose(f);
	if (!s->key)
		return err_set(err, ERR_IMAGE_KEY, "file '%s' holds no usable private key", path);
	if (public_of(s->key, &s->public, err) < 0)
		return err_wrap(err, "file '%s'", path);
	*ret = take_ptr(s);
	return 0;
}

int signer_from_command(const char *command, const char *public_key_path, struct signer **ret,
			struct err *err)
{
	AUTO(signer) struct signer *s = xcalloc(1, sizeof(*s));
	size_t n = 0;

	TRY(public_key_load(public_key_path, &s->public, err));
	s->command = xstrdup(command);
	for (char *p = s->command; *p;) {
		while (*p == ' ')
			*p++ = '\0';
		if (!*p)
			break;
		if (n == COMMAND_WORDS_MAX)
			return err_set(err, ERR_INVALID, "signer command has more than %d words",
				       COMMAND_WORDS_MAX);
		s->words[n++] = p;
		while (*p && *p != ' ')
			p++;
	}
	if (!n)
		return err_set(err, ERR_INVALID, "signer command is empty");
	*ret = take_ptr(s);
	return 0;
}

static int sign_with_key(const struct signer *s, const void *pae, size_t n_bytes,
			 struct signature *ret, struct err *err)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *digest = s->public.algorithm == KEY_ECDSA_P256 ? "SHA256" : NULL;

	ret->n_bytes = sizeof(ret->bytes);
	if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, s->key, NULL) != 1 ||
	    EVP_DigestSign(ctx, ret->bytes, &ret->n_bytes, pae, n_bytes) != 1)
		return err_set(err, ERR_CRYPTO, "signing failed");
	return 0;
}

static int sign_with_command(const struct signer *s, const void *pae, size_t n_bytes,
			     struct signature *ret, struct err *err)
{
	struct process_options options = {.argv = s->words,
					  .input = pae,
					  .input_bytes = n_bytes,
					  .timeout_ms = COMMAND_TIMEOUT_MS};
	struct process_result result;
	int status = 0;

	TRY(process_run(&options, &result, err));
	if (result.exit_code)
		status = err_set(err, ERR_IMAGE_SIGNER, "signer '%s' ended with %d: %.200s",
				 s->words[0], result.exit_code, result.errors);
	else if (!result.out_bytes || result.out_bytes > SIGNATURE_MAX_BYTES)
		status = err_set(err, ERR_IMAGE_SIGNER, "signer '%s' gave %zu bytes", s->words[0],
				 result.out_bytes);
	else
		memcpy(ret->bytes, result.out, ret->n_bytes = result.out_bytes);
	process_result_done(&result);
	return status;
}

int signer_sign(const struct signer *s, const char *type, const void *doc, size_t n_bytes,
		struct signature *ret, struct err *err)
{
	autofree uint8_t *pae = NULL;
	size_t n_pae;

	dsse_pae(type, doc, n_bytes, &pae, &n_pae);
	memcpy(ret->key_id, s->public.id, SHA256_BYTES);
	TRY(s->key ? sign_with_key(s, pae, n_pae, ret, err)
		   : sign_with_command(s, pae, n_pae, ret, err));
	if (!signature_is_good(&s->public, ret, pae, n_pae))
		return err_set(err, ERR_IMAGE_SIGNER,
			       "the signature does not belong to the public key");
	return 0;
}

int signer_sign_envelope(const struct signer *s, const char *type, struct envelope *e,
			 struct err *err)
{
	struct signature sig;

	TRY(signer_sign(s, type, e->payload, e->payload_bytes, &sig, err));
	return signatures_add(&e->signatures, &sig, err);
}

int signatures_add(struct signatures *s, const struct signature *sig, struct err *err)
{
	size_t i = 0;

	while (i < s->n && memcmp(s->items[i].key_id, sig->key_id, SHA256_BYTES) < 0)
		i++;
	if (i < s->n && !memcmp(s->items[i].key_id, sig->key_id, SHA256_BYTES)) {
		s->items[i] = *sig;
		return 0;
	}
	if (s->n == SIGNATURES_MAX)
		return err_set(err, ERR_TOO_BIG, "there are %d signatures already", SIGNATURES_MAX);
	memmove(&s->items[i + 1], &s->items[i], (s->n - i) * sizeof(*sig));
	s->items[i] = *sig;
	s->n++;
	return 0;
}

/* ---- new keys -------------------------------------------------------------------------------- */

static int write_new(const char *path, mode_t mode, BIO *pem, struct err *err)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	char *text;
	long n = BIO_get_mem_data(pem, &text);

	if (fd < 0)
		return err_sys(err, errno == EEXIST ? ERR_EXISTS : ERR_IO, "cannot create '%s'",
			       path);
	TRY(file_write_all(fd, text, (size_t)n, err));
	return fsync(fd) ? err_sys(err, ERR_IO, "cannot flush '%s'", path) : 0;
}

int key_generate(enum key_algorithm algorithm, const char *path, struct err *err)
{
	AUTO(pkey)
	EVP_PKEY *key = algorithm == KEY_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
						 : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	autofree char *public_path = xasprintf("%s.pub", path);
	BIO *private_pem = BIO_new(BIO_s_secmem()), *public_pem = BIO_new(BIO_s_mem());
	int status;

	BUG_ON(!private_pem || !public_pem);
	if (!key ||
	    PEM_write_bio_PKCS8PrivateKey(private_pem, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_PUBKEY(public_pem, key) != 1)
		status = err_set(err, ERR_CRYPTO, "cannot make a key");
	else
		status = write_new(path, 0600, private_pem, err);
	if (!status)
		status = write_new(public_path, 0644, public_pem, err);
	BIO_free(private_pem);
	BIO_free(public_pem);
	return status;
}
