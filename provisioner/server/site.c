/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, certificate, trust root and site.cpio of one server. The certificate is self-signed and its
 * dates are wide: agents pin the key, browsers are told once. Input: our own state folder.
 */
#include "site.h"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/process.h>
#include <base/str.h>

#define CERT_DAYS     (20 * 365L)
#define SITE_CPIO_MAX (4 * 1024 * 1024)
#define SAN_MAX_BYTES 512

/* ---- TLS ------------------------------------------------------------------------------------- */

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(cert, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* Browsers on any of our networks. */
static void name_addresses(const struct boot_config *b, struct str *ret)
{
	str_addf(ret, "IP:%s", b->address);
	for (size_t i = 0; i < b->n_nets; i++)
		str_addf(ret, ",IP:%s", b->nets[i].address);
}

static bool cert_fill(X509 *cert, EVP_PKEY *pkey, const struct boot_config *b)
{
	autostr struct str san;
	uint64_t serial;

	random_bytes(&serial, sizeof(serial));
	str_init(&san, SAN_MAX_BYTES);
	name_addresses(b, &san);
	X509_NAME *name = X509_get_subject_name(cert);
	return X509_set_version(cert, 2) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -86400L) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), CERT_DAYS, 0, NULL) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"slipway", -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, pkey) == 1 &&
	       add_extension(cert, NID_subject_alt_name, san.p) &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       X509_sign(cert, pkey, EVP_sha256()) > 0;
}

static int bio_save(BIO *bio, const char *path, mode_t mode, struct err *err)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	return file_write_atomic(path, p, (size_t)n, mode, err);
}

static int tls_make(const struct site *s, const struct boot_config *b, struct err *err)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	BIO *key_pem = BIO_new(BIO_s_secmem()), *cert_pem = BIO_new(BIO_s_mem());
	int rc;

	if (!pkey || !cert || !key_pem || !cert_pem || !cert_fill(cert, pkey, b) ||
	    PEM_write_bio_PrivateKey(key_pem, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(cert_pem, cert) != 1)
		rc = err_set(err, ERR_CRYPTO, "cannot make a TLS key and certificate");
	else
		rc = bio_save(key_pem, s->tls_key, 0600, err);
	if (rc >= 0)
		rc = bio_save(cert_pem, s->tls_cert, 0644, err);
	BIO_free(key_pem);
	BIO_free(cert_pem);
	X509_free(cert);
	EVP_PKEY_free(pkey);
	return rc;
}

static int pin_of_cert(struct site *s, struct err *err)
{
	autofree char *pem = NULL;
	size_t n;

	TRY(file_read(s->tls_cert, LIMIT_CONFIG_BYTES, &pem, &n, err));
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char *der = NULL;
	int der_bytes = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : -1;
	if (der_bytes > 0) {
		uint8_t digest[SHA256_BYTES];
		sha256_of(der, (size_t)der_bytes, digest);
		autofree char *text = base64_encode(digest, sizeof(digest));
		snprintf(s->pin, sizeof(s->pin), "sha256//%s", text);
	}
	OPENSSL_free(der);
	X509_free(cert);
	BIO_free(bio);
	return der_bytes > 0 ? 0
			     : err_set(err, ERR_CRYPTO, "'%s' is not a certificate", s->tls_cert);
}

/* ---- the trust root -------------------------------------------------------------------------- */

/* The tool beside us, else the one in PATH. */
static int find_tool(const struct config *c, char *ret, size_t ret_bytes, struct err *err)
{
	if (c->slipway[0])
		return str_copy(ret, ret_bytes, c->slipway)
			       ? 0
			       : err_set(err, ERR_CONFIG, "[programs] slipway is too long");
	ssize_t n = readlink("/proc/self/exe", ret, ret_bytes - 1);
	ret[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(ret, '/');
	if (slash && (size_t)(slash - ret) + sizeof("/slipway") <= ret_bytes) {
		memcpy(slash, "/slipway", sizeof("/slipway"));
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return process_find("slipway", ret, ret_bytes)
		       ? 0
		       : err_set(err, ERR_TRUST_ROOT, "the program 'slipway' is not installed");
}

static int root_make(const struct config *c, const struct site *s, struct err *err)
{
	char tool[4096];
	autofree char *trust = xasprintf("%s/trust", c->state_dir);

	TRY(find_tool(c, tool, sizeof(tool), err));
	const char *const argv[] = {tool, "root", "init", "--lab", "--dir", trust, NULL};
	if (process_check(argv, 60000, err) < 0)
		return err_wrap(err, "cannot make a lab trust root");
	if (access(s->root_path, R_OK) < 0)
		return err_set(err, ERR_TRUST_ROOT, "`slipway root init --lab` made no '%s'",
			       s->root_path);
	return 0;
}

/* ---- site.cpio ------------------------------------------------------------------------------- */

static int cpio_add(struct archive *a, const char *path, mode_t mode, const void *p, size_t n,
		    struct err *err)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, path);
	archive_entry_set_mode(e, mode);
	archive_entry_set_size(e, (int64_t)n);
	archive_entry_set_mtime(e, 0, 0);
	archive_entry_set_nlink(e, 1);
	bool ok = archive_write_header(a, e) == ARCHIVE_OK &&
		  (n == 0 || archive_write_data(a, p, n) == (la_ssize_t)n);
	archive_entry_free(e);
	return ok ? 0 : err_set(err, ERR_IO, "site.cpio: %s", archive_error_string(a));
}

static int cpio_add_file(struct archive *a, const char *path, const char *source, struct err *err)
{
	autofree char *p = NULL;
	size_t n;

	TRY(file_read(source, SITE_CPIO_MAX / 4, &p, &n, err));
	return cpio_add(a, path, S_IFREG | 0644, p, n, err);
}

static int cpio_fill(struct archive *a, const char *root_path, const char *plan_pub,
		     struct err *err)
{
	TRY(cpio_add(a, "etc", S_IFDIR | 0755, NULL, 0, err));
	TRY(cpio_add(a, "etc/slipway", S_IFDIR | 0755, NULL, 0, err));
	TRY(cpio_add_file(a, "etc/slipway/root.json", root_path, err));
	return cpio_add_file(a, "etc/slipway/plan-key.pem", plan_pub, err);
}

static int cpio_write(const struct site *s, const char *plan_pub, struct err *err)
{
	autofree char *buf = xmalloc(SITE_CPIO_MAX);
	size_t used = 0;
	struct archive *a = archive_write_new();

	archive_write_set_format_cpio_newc(a);
	archive_write_set_bytes_in_last_block(a, 4);
	int rc = archive_write_open_memory(a, buf, SITE_CPIO_MAX, &used) == ARCHIVE_OK
			 ? cpio_fill(a, s->root_path, plan_pub, err)
			 : err_set(err, ERR_IO, "site.cpio: %s", archive_error_string(a));
	if (archive_write_close(a) != ARCHIVE_OK && rc >= 0)
		rc = err_set(err, ERR_IO, "site.cpio: %s", archive_error_string(a));
	archive_write_free(a);
	return rc < 0 ? rc : file_write_atomic(s->site_cpio, buf, used, 0644, err);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int make_dirs(const struct config *c, struct err *err)
{
	const struct {
		const char *base, *sub;
		mode_t mode;
	} dirs[] = {
		{c->state_dir, "", 0755},       {c->state_dir, "/keys", 0700},
		{c->state_dir, "/boot", 0755},  {c->state_dir, "/objects", 0755},
		{c->state_dir, "/trust", 0755}, {c->state_dir, "/spool", 0700},
		{c->state_dir, "/audit", 0700}, {c->state_dir, "/archive", 0700},
		{c->run_dir, "", 0755},
	};
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		autofree char *path = xasprintf("%s%s", dirs[i].base, dirs[i].sub);
		TRY(file_make_dirs(path, dirs[i].mode, err));
	}
	return 0;
}

static bool missing(const char *path)
{
	return access(path, F_OK) < 0;
}

/* nginx is another user, and reads the TLS key as a member of its own group: that one key. */
static int share_with_web(const struct config *c, const char *path, gid_t web_group,
			  struct err *err)
{
	autofree char *dir = xasprintf("%s/keys", c->state_dir);
	struct stat st;

	if (web_group == getegid())
		return 0;
	if (stat(path, &st) == 0 && st.st_uid != geteuid())
		return 0; /* check_private() says so */
	if (chown(dir, (uid_t)-1, web_group) < 0 || chmod(dir, 0710) < 0 ||
	    chown(path, (uid_t)-1, web_group) < 0 || chmod(path, 0640) < 0)
		return err_sys(err, ERR_KEY_FILE, "cannot share '%s' with group %u", path,
			       (unsigned)web_group);
	return 0;
}

/* A key that others may read is not secret, and one of another owner may change at any time. in:
 * group: may read it; our own: nobody may. */
static int check_private(const char *path, gid_t group, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, ERR_KEY_FILE, "cannot look at '%s'", path);
	mode_t shared = group != getegid() && st.st_gid == group ? 040 : 0;
	if ((st.st_mode & 077 & ~shared) || st.st_uid != geteuid())
		return err_set(err, ERR_KEY_FILE, "'%s' has mode %03o and owner %u, not 600 and %u",
			       path, (unsigned)st.st_mode & 0777U, (unsigned)st.st_uid,
			       (unsigned)geteuid());
	return 0;
}

int site_open(const struct config *c, gid_t web_group, struct site *ret, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	TRY(make_dirs(c, err));
	ret->tls_key = xasprintf("%s/keys/tls.key", c->state_dir);
	ret->tls_cert = xasprintf("%s/keys/tls.crt", c->state_dir);
	ret->root_path = xasprintf("%s/trust/root.json", c->state_dir);
	ret->site_cpio = xasprintf("%s/boot/site.cpio", c->state_dir);
	ret->objects_dir = xasprintf("%s/objects", c->state_dir);
	ret->spool_dir = xasprintf("%s/spool", c->state_dir);
	autofree char *plan_private = xasprintf("%s/keys/plan.pem", c->state_dir);
	ret->audit_dir = xasprintf("%s/audit", c->state_dir);
	ret->backup_dir = xasprintf("%s/backups", c->state_dir);
	ret->archive_dir = xasprintf("%s/archive", c->state_dir);
	ret->plan_public = xasprintf("%s/keys/plan-key.pem", c->state_dir);
	if (missing(plan_private) || missing(ret->plan_public))
		TRY(plan_key_generate(plan_private, ret->plan_public, err));
	TRY(check_private(plan_private, getegid(), err));
	TRY(plan_key_load_private(plan_private, &ret->plan_key, err));
	TRY(secret_key_load(plan_private, ret->seal_key, err));
	if (missing(ret->tls_key) || missing(ret->tls_cert))
		TRY(tls_make(ret, &c->boot, err));
	TRY(share_with_web(c, ret->tls_key, web_group, err));
	TRY(check_private(ret->tls_key, web_group, err));
	TRY(pin_of_cert(ret, err));
	if (missing(ret->root_path))
		TRY(root_make(c, ret, err));
	return cpio_write(ret, ret->plan_public, err);
}

void site_done(struct site *s)
{
	plan_key_free(s->plan_key);
	explicit_bzero(s->seal_key, sizeof(s->seal_key));
	free(s->tls_key);
	free(s->tls_cert);
	free(s->root_path);
	free(s->site_cpio);
	free(s->objects_dir);
	free(s->spool_dir);
	free(s->audit_dir);
	free(s->backup_dir);
	free(s->archive_dir);
	free(s->plan_public);
	memset(s, 0, sizeof(*s));
}
