/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting the bench up and taking it down. Everything lies in the scenario's folder below
 * build/lab/, which was emptied before; consoles and logs stay there, disks and server state go at
 * the end.
 */
#include "bench.h"

#include <string.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "cable.h"
#include "cage_rootless.h"
#include "console.h"
#include "disk.h"
#include "net.h"
#include "profile.h"

#define PROFILE_MAX_BYTES (256 * KIB)

static int disks_make(struct bench_host *h, const char *folder, struct err *err)
{
	for (size_t i = 0; i < h->spec->n_disks; i++) {
		h->disk_paths[i] = xasprintf("%s/%s-%zu.raw", folder, h->spec->name, i);
		TRY(disk_make(h->disk_paths[i], &h->spec->disks[i], h->disk_hex[i], err));
	}
	return 0;
}

static int host_make(struct bench *b, size_t i, const char *disk_folder, struct err *err)
{
	struct bench_host *h = &b->hosts[i];
	const struct lab_host *spec = &b->s->hosts[i];

	*h = (struct bench_host){.spec = spec, .now = *spec, .contact_s = -1, .total_s = -1};
	h->console_path = xasprintf("%s/%s.console", b->folder, spec->name);
	h->nvram_path = xasprintf("%s/%s.nvram", disk_folder, spec->name);
	TRY(disks_make(h, disk_folder, err));
	return bench_describe(b, h, err);
}

static int hosts_make(struct bench *b, struct err *err)
{
	autofree char *disk_folder = xasprintf("%s/disks", b->folder);

	TRY(file_make_dirs(disk_folder, 0755, err));
	for (size_t i = 0; i < b->s->n_hosts; i++) {
		b->n_hosts = i + 1; /* also when half made: bench_close() frees it */
		TRY(host_make(b, i, disk_folder, err));
	}
	return 0;
}

/* Has a host before this one the same image? */
static bool image_is_there(const struct scenario *s, const struct lab_host *h)
{
	for (const struct lab_host *o = s->hosts; o < h; o++)
		if (o->arch == h->arch &&
		    str_eq(scenario_image_line(s, o), scenario_image_line(s, h)))
			return true;
	return false;
}

static int image_post(struct bench *b, const struct lab_host *h, struct err *err)
{
	const char *line = scenario_image_line(b->s, h);
	const char *own = str_eq(line, b->s->image_line) ? b->s->image_files[h->arch] : "";
	autofree char *path = *own ? scenario_path(b->s, own)
				   : xasprintf("%s/%s-%s.slip", b->places->images_dir, line,
					       word_str(&lab_arch_words, (int)h->arch));

	return api_post_image(b->api, path, err);
}

/* What the scenario does to the image of an architecture: its hosts of that kind say it. */
static enum tamper tamper_of(const struct scenario *s, const char *arch)
{
	for (size_t i = 0; i < s->n_hosts; i++)
		if (str_eq(word_str(&lab_arch_words, (int)s->hosts[i].arch), arch))
			return s->hosts[i].tamper;
	return TAMPER_NONE;
}

static int image_tamper(struct bench *b, const json_t *image, unsigned *changed, struct err *err)
{
	const char *hex = json_string_value(json_object_get(image, "digest"));
	const char *arch = json_string_value(json_object_get(image, "arch"));
	enum tamper how = tamper_of(b->s, arch ? arch : "");
	unsigned n;

	if (how == TAMPER_NONE)
		return 0;
	if (!hex || strlen(hex) != SHA256_HEX_BYTES - 1)
		return err_set(err, ERR_LAB_SERVER, "an image without a digest");
	TRY(server_tamper(&b->server, how, hex, &n, err));
	*changed += n;
	return 0;
}

/* GET /api/v1/images lists what was imported; each is changed as the scenario says. */
static int images_tamper(struct bench *b, struct err *err)
{
	autojson json_t *answer = NULL;
	const json_t *image;
	unsigned changed = 0;
	bool wanted = false;
	size_t i;

	for (i = 0; i < b->s->n_hosts; i++)
		wanted |= b->s->hosts[i].tamper != TAMPER_NONE;
	if (!wanted)
		return 0;
	TRY(api_get(b->api, "/api/v1/images", &answer, err));
	json_array_foreach (json_object_get(answer, "images"), i, image)
		TRY(image_tamper(b, image, &changed, err));
	return changed ? 0 : err_set(err, ERR_LAB_SERVER, "no image to change");
}

/* What the scenario's file says of a profile; *ret stays NULL without one. */
static int profile_load(const struct scenario *s, json_t **ret, struct err *err)
{
	autofree char *path = scenario_path(s, s->profile);

	if (!*s->profile)
		return 0;
	if (json_load_file_strict(path, PROFILE_MAX_BYTES, ret, err) < 0)
		return err_wrap(err, "profile '%s'", path);
	return json_is_object(*ret)
		       ? 0
		       : err_set(err, ERR_LAB_SCENARIO, "'%s' is not a JSON object", path);
}

static int profiles_post(struct bench *b, struct err *err)
{
	autojson json_t *given = NULL;

	TRY(profile_load(b->s, &given, err));
	for (size_t i = 0; i < b->s->n_hosts; i++)
		TRY(api_post(b->api, "/api/v1/profiles",
			     lab_profile(b->s, &b->s->hosts[i], given, b->guest_public), err));
	return 0;
}

static int server_fill(struct bench *b, struct err *err)
{
	TRY(api_new(SERVER_ADMIN_SOCKET, &b->api, err));
	for (size_t i = 0; i < b->s->n_hosts; i++)
		if (!image_is_there(b->s, &b->s->hosts[i]))
			TRY(image_post(b, &b->s->hosts[i], err));
	TRY(images_tamper(b, err));
	return profiles_post(b, err);
}

static int guest_key(struct bench *b, struct err *err)
{
	bool wanted = false;

	for (size_t i = 0; i < b->s->n_hosts; i++)
		wanted |= b->s->hosts[i].expect.n_commands > 0;
	if (!wanted)
		return 0;
	b->guest_key = xasprintf("%s/guest_key", b->folder);
	return guest_key_make(b->folder, &b->guest_public, err);
}

int bench_open(struct bench *b, const struct scenario *s, const struct lab_places *places,
	       const char *folder, struct err *err)
{
	autofree char *libvirt_log = xasprintf("%s/libvirt.log", folder);

	*b = (struct bench){.s = s, .places = places, .started_ms = time_boot_ms()};
	b->folder = xstrdup(folder);
	b->trust_root = *s->trust_root ? scenario_path(s, s->trust_root)
				       : xasprintf("%s/root.json", places->images_dir);
	b->server = (struct server){.program = places->slipwayd,
				    .boot_dir = places->boot_dir,
				    .trust_root = b->trust_root,
				    .folder = b->folder,
				    .dhcp = s->dhcp};
	TRY(net_up(err));
	TRY(net_wires(s, err));
	TRY(guest_key(b, err));
	TRY(hosts_make(b, err));
	TRY(hypervisor_open("/run/lab/libvirt", libvirt_log, &b->hypervisor, err));
	TRY(server_start(&b->server, err));
	TRY(site_start(&b->site, b->folder, s->dhcp, err)); /* its TFTP serves the server's files */
	return server_fill(b, err);
}

void bench_next(struct bench *b, const struct scenario *s)
{
	b->s = s;
	b->started_ms = time_boot_ms();
	memset(b->actions, 0, sizeof(b->actions));
	for (size_t i = 0; i < b->n_hosts; i++) {
		struct bench_host *h = &b->hosts[i];

		h->spec = &s->hosts[i]; /* scenario_inherit() keeps the order */
		h->phase = PHASE_FLOW;
		h->own_boots = 0;
		h->cycle_started_ms = 0;
		h->guest = (struct guest_run){0};
		h->trouble[0] = '\0';
	}
}

int bench_power_on(struct bench *b, struct bench_host *h, struct err *err)
{
	h->console_mark = console_end(h->console_path);
	h->off_by_deed = false;
	h->power_due_ms = h->thaw_due_ms = 0;
	TRY(cables_power_on(b, h, err));
	if (!h->power_on_ms) {
		h->power_on_ms = time_boot_ms();
		h->power_on_wall_us = time_wall_us();
	}
	if (hypervisor_power_on(b->hypervisor, h->xml, err) < 0)
		return err_wrap(err, "%s", h->spec->name);
	return 0;
}

static void host_done(struct bench_host *h)
{
	guest_stop(&h->guest);
	free(h->console_path);
	free(h->nvram_path);
	free(h->xml);
	for (size_t i = 0; i < LAB_MAX_DISKS; i++)
		free(h->disk_paths[i]);
}

void bench_close(struct bench *b, bool keep)
{
	static const char *const bulky[] = {"disks", "server/state/objects"};

	for (size_t i = 0; i < b->n_hosts && b->hypervisor; i++)
		IGNORE_RESULT(hypervisor_power_off(b->hypervisor, b->hosts[i].spec->name, NULL));
	server_stop(&b->server);
	site_stop(&b->site);
	hypervisor_close(b->hypervisor);
	api_free(b->api);
	for (size_t i = 0; i < ARRAY_LEN(bulky) && !keep; i++) {
		autofree char *path = xasprintf("%s/%s", b->folder, bulky[i]);

		IGNORE_RESULT(file_remove_tree(path, NULL));
	}
	cage_rootless_own(b->folder);
	for (size_t i = 0; i < b->n_hosts; i++)
		host_done(&b->hosts[i]);
	free(b->trust_root);
	free(b->guest_key);
	free(b->guest_public);
	free(b->folder);
}
