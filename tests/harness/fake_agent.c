/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fake agent; see fake_agent.h.
 */
#include "tests/harness/fake_agent.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/mman.h>
#include <base/http_client.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/receipt.h>

static void make_cert(struct fake_agent *a)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	unsigned char *der = NULL;

	BUG_ON(!pkey || !cert || !bio);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	(void)X509_set_pubkey(cert, pkey);
	BUG_ON(X509_sign(cert, pkey, EVP_sha256()) <= 0);
	(void)PEM_write_bio_X509(bio, cert);
	long n = BIO_get_mem_data(bio, &pem);
	struct str header;
	autofree char *text = xstrndup(pem, (size_t)n);
	str_init(&header, sizeof(a->cert_header) - 1);
	str_add(&header, "X-Slipway-Client-Cert: ");
	str_add_url(&header, text);
	(void)str_copy(a->cert_header, sizeof(a->cert_header), header.p);
	str_done(&header);
	int der_bytes = i2d_PUBKEY(pkey, &der);
	sha256_hex_of(der, (size_t)der_bytes, a->key_id);
	OPENSSL_free(der);
	/* in memory: a test that ends early leaves no file behind */
	int fd = memfd_create("agent-key", MFD_CLOEXEC);
	snprintf(a->key_path, sizeof(a->key_path), "/proc/self/fd/%d", fd);
	FILE *f = fopen(a->key_path, "we");
	BUG_ON(!f || PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) != 1);
	(void)fclose(f);
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(pkey);
}

void fake_agent_boot(struct fake_agent *a, const char *socket, const char *serial, const char *mac)
{
	uint8_t nonce[32];

	memset(a, 0, sizeof(*a));
	(void)str_copy(a->socket, sizeof(a->socket), socket);
	(void)str_copy(a->serial, sizeof(a->serial), serial);
	(void)str_copy(a->mac, sizeof(a->mac), mac);
	snprintf(a->disk_serial, sizeof(a->disk_serial), "DISK-%s", mac + 12);
	a->disk_bytes = 8LL << 30;
	(void)str_copy(a->arch, sizeof(a->arch), "x86_64");
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_HEX_BYTES];
	sha256_of(mac, strlen(mac), digest);
	hex_encode(digest, sizeof(digest), hex);
	snprintf(a->uuid, sizeof(a->uuid), "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12,
		 hex + 15, hex + 18);
	random_bytes(nonce, sizeof(nonce));
	hex_encode(nonce, sizeof(nonce), a->nonce);
	make_cert(a);
}

void fake_agent_done(struct fake_agent *a)
{
	json_decref(a->reply);
	a->reply = NULL;
	plan_done(&a->plan);
}

static void take_reply(struct fake_agent *a, const struct http_reply *reply)
{
	json_decref(a->reply);
	a->reply = json_loadb(reply->body, reply->body_bytes, 0, NULL);
	const char *code = json_string_value(json_object_get(a->reply, "code"));
	(void)str_copy(a->code, sizeof(a->code), code ? code : "");
}

int fake_agent_call(struct fake_agent *a, const char *method, const char *path, json_t *body)
{
	struct err err = ERR_INIT;
	struct http_client_options o = {.base_url = "http://slipway", .unix_socket = a->socket};
	AUTO(http_client) struct http_client *http = http_client_new(&o, &err);
	const char *const headers[] = {"X-Slipway-Listener: tls", a->cert_header, NULL};
	autofree char *text = body ? json_text(body) : NULL;
	struct http_call call = {.method = method,
				 .path = path,
				 .body = text,
				 .body_bytes = text ? strlen(text) : 0,
				 .headers = headers};
	struct http_reply reply = {0};
	int status = 0;

	json_decref(body);
	if (http && http_client_call(http, &call, &reply, &err) >= 0) {
		status = reply.status;
		take_reply(a, &reply);
	}
	http_reply_done(&reply);
	return status;
}

static const char *maker(const struct fake_agent *a)
{
	return a->manufacturer ? a->manufacturer : "Slipway";
}

int fake_agent_open(struct fake_agent *a)
{
	json_t *body = json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[{s:s, "
				 "s:s}]}, s:{s:s, s:s, s:s, "
				 "s:s}}",
				 "protocol", 1, "nonce", a->nonce, "boot_id", a->boot_id,
				 "evidence", "smbios_uuid", a->uuid, "system_serial", a->serial,
				 "board_serial", "", "chassis_serial", "", "manufacturer", maker(a),
				 "product", "Fake", "macs", a->mac, "disks", "wwn", "", "serial",
				 a->disk_serial, "agent", "version", "0", "arch", a->arch,
				 "firmware", "uefi", "kernel", "6.1");
	int status = fake_agent_call(a, "POST", "/agent/v1/sessions", body);

	if (status != 201)
		return status;
	(void)str_copy(a->session_id, sizeof(a->session_id),
		       json_string_value(json_object_get(a->reply, "session_id")));
	(void)str_copy(a->host_id, sizeof(a->host_id),
		       json_string_value(json_object_get(a->reply, "host_id")));
	(void)str_copy(a->short_code, sizeof(a->short_code),
		       json_string_value(json_object_get(a->reply, "short_code")));
	a->epoch = json_integer_value(json_object_get(a->reply, "epoch"));
	return status;
}

static int session_call(struct fake_agent *a, const char *method, const char *verb, json_t *body)
{
	autofree char *path = xasprintf("/agent/v1/sessions/%s/%s", a->session_id, verb);

	return fake_agent_call(a, method, path, body);
}

static bool plan_good(struct fake_agent *a, const char *public_key_path)
{
	struct err err = ERR_INIT;
	AUTO(plan_key) struct plan_key *key = NULL;
	autofree char *text = json_text(a->reply);
	struct plan_expect expect = {a->host_id, a->session_id, a->key_id,
				     a->nonce,   a->epoch,      time(NULL)};

	plan_done(&a->plan);
	return plan_key_load_public(public_key_path, &key, &err) >= 0 &&
	       plan_open(key, text, strlen(text), &a->plan, &err) >= 0 &&
	       plan_check(&a->plan, &expect, &err) >= 0;
}

int fake_agent_next(struct fake_agent *a, int wait_s, const char *public_key_path)
{
	autofree char *verb = xasprintf("next?wait=%d&after=%lld", wait_s, (long long)a->after);
	int status = session_call(a, "GET", verb, NULL);

	if (status == 200 && !plan_good(a, public_key_path))
		return -1;
	if (status == 200 && a->plan.kind == PLAN_STEP_WAIT)
		a->after = a->plan.seq;
	return status;
}

int fake_agent_event_again(struct fake_agent *a, const char *kind, json_t *data)
{
	return session_call(a, "POST", "events",
			    json_pack("{s:I, s:[{s:I, s:s, s:s, s:s, s:o}]}", "epoch",
				      (json_int_t)a->epoch, "events", "seq", (json_int_t)a->seq,
				      "ts", "2026-01-01T00:00:00Z", "kind", kind, "plan_id",
				      a->plan.plan_id, "data", data));
}

int fake_agent_event(struct fake_agent *a, const char *kind, json_t *data)
{
	a->seq++;
	int status = fake_agent_event_again(a, kind, data);
	if (status == 0)
		a->seq--;
	return status;
}

int fake_agent_facts(struct fake_agent *a, const char *signature)
{
	json_t *signatures = json_array();

	if (signature)
		json_array_append_new(signatures, json_string(signature));
	json_t *facts = json_pack(
		"{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s}, s:[{s:s, s:s, s:i, s:i}], s:{s:i, s:[{s:s, "
		"s:i, s:s}]}, s:[{s:s, s:s, s:I, s:s, s:s, s:b, s:o}], s:[{s:s, s:s, s:b}]}",
		"system", "Manufacturer", maker(a), "Model", "Fake", "SerialNumber", a->serial,
		"UUID", a->uuid, "boot", "firmware", "uefi", "arch", a->arch, "processors",
		"Socket", "CPU0", "Model", "Fake CPU", "TotalCores", 4, "TotalThreads", 8, "memory",
		"TotalMiB", 1024, "modules", "DeviceLocator", "DIMM0", "CapacityMiB", 1024,
		"SerialNumber", "M1", "drives", "Name", "vda", "SerialNumber", a->disk_serial,
		"CapacityBytes", (json_int_t)a->disk_bytes, "Protocol", "virtio", "MediaType",
		"SSD", "Removable", 0, "signatures", signatures, "nics", "Name", "eth0",
		"MACAddress", a->mac, "LinkUp", 1);
	return fake_agent_event(a, "facts", facts);
}

int fake_agent_step_done(struct fake_agent *a, const char *result)
{
	int status = fake_agent_event(
		a, "step_done",
		json_pack("{s:I, s:s}", "seq", (json_int_t)a->plan.seq, "result", result));

	if (status == 200)
		a->after = a->plan.seq;
	return status;
}

int fake_agent_step_failed(struct fake_agent *a, const char *code)
{
	int status = fake_agent_event(a, "step_failed",
				      json_pack("{s:I, s:s, s:s}", "seq", (json_int_t)a->plan.seq,
						"code", code, "detail", "it did not work"));

	if (status == 200)
		a->after = a->plan.seq;
	return status;
}

int fake_agent_heartbeat(struct fake_agent *a)
{
	return session_call(a, "POST", "heartbeat",
			    json_pack("{s:I, s:s, s:i, s:i, s:s, s:n, s:s}", "epoch",
				      (json_int_t)a->epoch, "stage", a->stage ? a->stage : "write",
				      "done", 1, "total", 2, "unit", "bytes", "eta_s", "message",
				      ""));
}

/* What the present plan is about, whichever work it is. */
static bool erases(const struct fake_agent *a)
{
	return a->plan.kind == PLAN_STEP_ERASE;
}

static const char *arm_of(const struct fake_agent *a)
{
	return erases(a) ? a->plan.erase_arm_id : a->plan.image.arm_id;
}

int fake_agent_permit(struct fake_agent *a, const char *data_found)
{
	const struct plan_disk *disk = erases(a) ? &a->plan.erase_disk : &a->plan.image.disk;
	json_t *found = json_array();

	if (data_found)
		json_array_append_new(found, json_string(data_found));
	return session_call(a, "POST", "permits",
			    json_pack("{s:I, s:s, s:s, s:{s:s, s:s, s:I}, s:o}", "epoch",
				      (json_int_t)a->epoch, "plan_id", a->plan.plan_id, "arm_id",
				      arm_of(a), "disk", "wwn", disk->wwn, "serial", disk->serial,
				      "size_bytes", (json_int_t)disk->size_bytes, "data_found",
				      found));
}

json_t *fake_agent_seal(struct fake_agent *a, json_t *report)
{
	struct receipt r = {.type = RECEIPT_TYPE, .report = report};
	json_t *envelope = NULL;

	(void)str_copy(r.host_id, sizeof(r.host_id), a->host_id);
	(void)str_copy(r.session_id, sizeof(r.session_id), a->session_id);
	(void)str_copy(r.plan_id, sizeof(r.plan_id), a->plan.plan_id);
	(void)str_copy(r.arm_id, sizeof(r.arm_id), arm_of(a));
	(void)str_copy(r.work, sizeof(r.work), erases(a) ? "erase" : "image");
	(void)str_copy(r.disk.serial, sizeof(r.disk.serial), a->disk_serial);
	r.disk.size_bytes = a->disk_bytes;
	BUG_ON(receipt_seal(a->key_path, &r, &envelope, NULL) < 0);
	receipt_done(&r);
	return envelope;
}

int fake_agent_receipt_of(struct fake_agent *a, json_t *report)
{
	return fake_agent_event(a, "receipt", fake_agent_seal(a, report));
}

int fake_agent_receipt(struct fake_agent *a)
{
	return fake_agent_receipt_of(a, json_pack("{s:s, s:s}", "manifest_sha256",
						  a->plan.image.image_digest, "line",
						  a->plan.image.line));
}

int fake_agent_first_boot(struct fake_agent *a, const char *token, const char *digest)
{
	return fake_agent_call(a, "POST", "/agent/v1/first-boot",
			       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "token", token,
					 "boot_id", "b", "machine_id",
					 "0123456789abcdef0123456789abcdef", "kernel", "6.1",
					 "hostname", "h", "image_digest", digest,
					 "root_disk_serial", a->disk_serial));
}
