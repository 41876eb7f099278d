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
#include <proto/events.h>
#include <proto/receipt.h>
#include <session/outbox.h>

#define PATIENCE_MS 60000 /* a machine that runs many tests is slow */

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
	plan_done(&a->plan);
}

/* ---- the wire -------------------------------------------------------------------------------- */

static void note(struct fake_agent *a, int result)
{
	const char *code = result < 0 ? err_name(a->err.code) : "";

	(void)str_copy(a->code, sizeof(a->code), code);
}

/* A connection for each call: the test may have ended the server since the last one. */
static void connect_link(struct fake_agent *a, const char *const *headers)
{
	const struct link_options o = {.server = "http://slipway",
				       .unix_socket = a->socket,
				       .headers = headers,
				       .timeout_ms = PATIENCE_MS};

	a->err = ERR_INIT;
	BUG_ON(link_open(&a->link, &o, &a->err) < 0);
}

/* What a call came to: its status, or -1 for an answer that the library refused. */
static int end_call(struct fake_agent *a, int result)
{
	int status = a->link.status;

	link_close(&a->link);
	note(a, result);
	return result < 0 && status / 100 == 2 ? -1 : status;
}

#define FRONT_HEADERS(a)                                                                           \
	(const char *const[])                                                                      \
	{                                                                                          \
		"X-Slipway-Listener: tls", (a)->cert_header,                                       \
			*(a)->address_header ? (a)->address_header : NULL, NULL                    \
	}

int fake_agent_call(struct fake_agent *a, const char *method, const char *path, json_t *body)
{
	struct http_client_options o = {.base_url = "http://slipway", .unix_socket = a->socket};
	AUTO(http_client) struct http_client *http = http_client_new(&o, &a->err);
	autofree char *text = body ? json_text(body) : NULL;
	struct http_call call = {.method = method,
				 .path = path,
				 .body = text,
				 .body_bytes = text ? strlen(text) : 0,
				 .headers = FRONT_HEADERS(a)};
	struct http_reply reply = {0};
	int r;

	json_decref(body);
	BUG_ON(!http);
	a->err = ERR_INIT;
	r = http_client_call(http, &call, &reply, &a->err);
	if (r >= 0)
		r = http_reply_check(&reply, &a->err);
	note(a, r);
	r = reply.status;
	http_reply_done(&reply);
	return r;
}

static const char *maker(const struct fake_agent *a)
{
	return a->manufacturer ? a->manufacturer : "Slipway";
}

static void show_evidence(const struct fake_agent *a, struct evidence *e)
{
	struct text64 mac;
	struct evidence_disk disk = {.wwn = ""};

	(void)str_copy(e->smbios_uuid, sizeof(e->smbios_uuid), a->uuid);
	(void)str_copy(e->system_serial, sizeof(e->system_serial), a->serial);
	(void)str_copy(e->manufacturer, sizeof(e->manufacturer), maker(a));
	(void)str_copy(e->product, sizeof(e->product), "Fake");
	(void)str_copy(mac.s, sizeof(mac.s), a->mac);
	(void)str_copy(e->tpm_ek_sha256, sizeof(e->tpm_ek_sha256), a->tpm_ek ? a->tpm_ek : "");
	VEC_PUSH(&e->macs, mac);
	(void)str_copy(disk.serial, sizeof(disk.serial), a->disk_serial);
	VEC_PUSH(&e->disks, disk);
}

int fake_agent_open(struct fake_agent *a)
{
	struct session_request request = {
		.agent = {.version = "0", .firmware = "uefi", .kernel = "6.1"}};

	(void)str_copy(request.nonce, sizeof(request.nonce), a->nonce);
	(void)str_copy(request.boot_id, sizeof(request.boot_id), a->boot_id);
	(void)str_copy(request.agent.arch, sizeof(request.agent.arch), a->arch);
	show_evidence(a, &request.evidence);
	connect_link(a, FRONT_HEADERS(a));
	int status = end_call(a, link_start_session(&a->link, &request, &a->err));
	record_done(session_request_fields, &request);
	(void)str_copy(a->host_id, sizeof(a->host_id), a->link.session.host_id);
	(void)str_copy(a->short_code, sizeof(a->short_code), a->link.session.short_code);
	return status;
}

static int take_plan(struct fake_agent *a, const char *envelope, size_t n_bytes,
		     const char *public_key_path)
{
	AUTO(plan_key) struct plan_key *key = NULL;
	struct plan_expect expect = {a->host_id,    a->link.session.session_id, a->key_id,
				     a->link.nonce, a->link.session.epoch,      time(NULL)};

	plan_done(&a->plan);
	TRY(plan_key_load_public(public_key_path, &key, &a->err));
	TRY(plan_open(key, envelope, n_bytes, &a->plan, &a->err));
	TRY(plan_check(&a->plan, &expect, &a->err));
	if (a->plan.kind == PLAN_STEP_WAIT)
		a->after = a->plan.seq;
	return 0;
}

int fake_agent_next(struct fake_agent *a, int wait_s, const char *public_key_path)
{
	autofree char *envelope = NULL;
	size_t n_bytes;

	connect_link(a, FRONT_HEADERS(a));
	int r = link_next(&a->link, a->after, wait_s, &envelope, &n_bytes, &a->err);
	if (r >= 0 && envelope)
		r = take_plan(a, envelope, n_bytes, public_key_path);
	return end_call(a, r);
}

int fake_agent_event(struct fake_agent *a, const char *kind_name, json_t *data)
{
	struct outbox box = {.last_seq = a->seq};
	enum event_kind kind;

	BUG_ON(!event_kind_parse(kind_name, &kind));
	outbox_add(&box, kind, a->plan.plan_id, "2026-01-01T00:00:00Z", data);
	autofree char *body = outbox_batch(&box, a->link.session.epoch, SIZE_MAX);
	connect_link(a, FRONT_HEADERS(a));
	int status = end_call(a, link_send_events(&a->link, body, &a->acked, &a->err));
	if (status)
		a->seq = box.last_seq;
	outbox_done(&box);
	return status;
}

int fake_agent_event_again(struct fake_agent *a, const char *kind, json_t *data)
{
	int64_t seq = a->seq--;
	int status = fake_agent_event(a, kind, data);

	a->seq = seq;
	return status;
}

int fake_agent_facts(struct fake_agent *a, const char *signature)
{
	json_t *signatures = json_array();

	if (signature)
		json_array_append_new(signatures, json_string(signature));
	json_t *lldp = a->chassis ? json_pack("{s:s, s:s, s:s}", "ChassisId", a->chassis, "PortId",
					      "Ethernet1/7", "SysName", a->chassis)
				  : NULL;
	json_t *facts = json_pack(
		"{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s}, s:[{s:s, s:s, s:i, s:i}], s:{s:i, s:[{s:s, "
		"s:i, s:s}]}, s:[{s:s, s:s, s:I, s:s, s:s, s:b, s:o}], s:[{s:s, s:s, s:b, s:o*}]}",
		"system", "Manufacturer", maker(a), "Model", "Fake", "SerialNumber", a->serial,
		"UUID", a->uuid, "boot", "firmware", "uefi", "arch", a->arch, "processors",
		"Socket", "CPU0", "Model", "Fake CPU", "TotalCores", 4, "TotalThreads", 8, "memory",
		"TotalMiB", 1024, "modules", "DeviceLocator", "DIMM0", "CapacityMiB", 1024,
		"SerialNumber", "M1", "drives", "Name", "vda", "SerialNumber", a->disk_serial,
		"CapacityBytes", (json_int_t)a->disk_bytes, "Protocol", "virtio", "MediaType",
		"SSD", "Removable", 0, "signatures", signatures, "nics", "Name", "eth0",
		"MACAddress", a->mac, "LinkUp", 1, "lldp", lldp);
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
	struct heartbeat_request request = {.epoch = a->link.session.epoch,
					    .done = 1,
					    .total = 2,
					    .unit = "bytes",
					    .eta_s = -1};

	(void)str_copy(request.stage, sizeof(request.stage), a->stage ? a->stage : "write");
	connect_link(a, FRONT_HEADERS(a));
	return end_call(a, link_heartbeat(&a->link, &request, &a->heartbeat, &a->err));
}

int fake_agent_partners(struct fake_agent *a, struct partners_reply *ret)
{
	*ret = (struct partners_reply){0};
	connect_link(a, FRONT_HEADERS(a));
	return end_call(a, link_partners(&a->link, a->mac, ret, &a->err));
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
	struct permit_request request = {.epoch = a->link.session.epoch,
					 .disk.size_bytes = disk->size_bytes};
	struct permit_reply reply = {0};
	struct text64 found;

	(void)str_copy(request.plan_id, sizeof(request.plan_id), a->plan.plan_id);
	(void)str_copy(request.arm_id, sizeof(request.arm_id), arm_of(a));
	(void)str_copy(request.disk.wwn, sizeof(request.disk.wwn), disk->wwn);
	(void)str_copy(request.disk.serial, sizeof(request.disk.serial), disk->serial);
	if (data_found) {
		(void)str_copy(found.s, sizeof(found.s), data_found);
		VEC_PUSH(&request.data_found, found);
	}
	connect_link(a, FRONT_HEADERS(a));
	int status = end_call(a, link_permit(&a->link, &request, NULL, &reply, &a->err));
	record_done(permit_request_fields, &request);
	(void)str_copy(a->permit_id, sizeof(a->permit_id), reply.permit_id);
	return status;
}

json_t *fake_agent_seal(struct fake_agent *a, json_t *report)
{
	struct receipt r = {.type = RECEIPT_TYPE, .report = report};
	json_t *envelope = NULL;

	(void)str_copy(r.host_id, sizeof(r.host_id), a->host_id);
	(void)str_copy(r.session_id, sizeof(r.session_id), a->link.session.session_id);
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
	struct first_boot_request request = {.boot_id = "b",
					     .machine_id = "0123456789abcdef0123456789abcdef",
					     .kernel = "6.1",
					     .hostname = "h"};

	(void)str_copy(request.token, sizeof(request.token), token);
	(void)str_copy(request.image_digest, sizeof(request.image_digest), digest);
	(void)str_copy(request.root_disk_serial, sizeof(request.root_disk_serial), a->disk_serial);
	VEC_PUSH(&request.ssh_host_keys, (struct ssh_host_key){FAKE_AGENT_SSH_KEY});
	VEC_PUSH(&request.ssh_host_keys, (struct ssh_host_key){"ssh-ed25519 bm90IGEga2V5"});
	json_t *body = record_encode(first_boot_request_fields, &request);

	record_done(first_boot_request_fields, &request);
	return fake_agent_call(a, "POST", "/agent/v1/first-boot", body);
}
