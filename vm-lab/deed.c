/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doing deeds. Each is asked for by a scenario's [action] section; see words.h for the list.
 */
#include "deed.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include "api.h"
#include "cable.h"
#include "disk.h"
#include "disk_bus.h"

#define DEED_MIN_PAUSE_MS 1000
/* Bank 9: valid, enabled, corrected, with an address and a physical one at that. */
#define MACHINE_CHECK "mce %u 9 0x9c00000000000151 0x0 0x1234000 0x8c"
#define THROTTLE      "block_set_io_throttle " DISK_DRIVE " %d 0 0 0 0 0"
#define LINE_BYTES    96

bool deed_is_due(const struct lab_action *a, const struct action_state *state,
		 const struct host_view *v, uint64_t written_bytes, int64_t now_ms)
{
	if (state->done >= a->times)
		return false;
	if (state->begun)
		return now_ms >= state->next_ms;
	if ((*a->detail && !str_glob(a->detail, v->detail)) ||
	    (*a->during && !str_glob(a->during, v->message)))
		return false;
	return str_eq(v->state, a->state) && written_bytes >= a->written_mib * (uint64_t)MIB;
}

static size_t host_index(const struct bench *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->n_hosts; i++)
		if (str_eq(b->hosts[i].spec->name, name))
			break;
	return i;
}

static struct bench_host *host_by_name(struct bench *b, const char *name)
{
	size_t i = host_index(b, name);

	return i < b->n_hosts ? &b->hosts[i] : NULL;
}

static int power_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
		      struct err *err)
{
	TRY(hypervisor_power_off(b->hypervisor, h->spec->name, err));
	h->off_by_deed = true;
	h->left = h->view;
	if (a->deed != DEED_POWER_OFF)
		h->power_due_ms = time_boot_ms() + DEED_MIN_PAUSE_MS + a->pause_s * 1000LL;
	return 0;
}

/* As an operator would: permit it, then let the host netboot. */
static int erase_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
		      struct err *err)
{
	autofree char *path = xasprintf("/api/v1/hosts/%s/erase", h->spec->mac);
	json_t *body = json_pack("{s:s, s:{s:s}}", "reason", "the lab's order", "disk", "serial",
				 lab_host_target(h->spec)->serial);

	TRY(api_post(b->api, path, body, err));
	/* What was seen last does not count as the end any more. */
	(void)str_copy(h->view.state, sizeof(h->view.state), "erasing");
	return power_deed(b, h, a, err);
}

/* The only lines that QEMU's monitor ever hears from a scenario, with the names that domain_xml.c and
 * disk_bus.c gave to devices. */
static int monitor_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
			struct err *err)
{
	size_t disk = lab_host_disk_index(h->spec, a->disk);
	char line[LINE_BYTES];

	if (a->deed == DEED_MACHINE_CHECK)
		text_print(line, sizeof(line), MACHINE_CHECK, a->cpu);
	else if (a->deed == DEED_UNPLUG_DISK)
		text_print(line, sizeof(line), "device_del labdisk%zu", disk);
	else if (a->deed == DEED_SLOW_DISK)
		text_print(line, sizeof(line), THROTTLE, (unsigned)disk, DISK_SLOW_BYTES_S);
	else
		text_print(line, sizeof(line), "nmi");
	return hypervisor_monitor(b->hypervisor, h->spec->name, line, err);
}

/* The system is asked; it may take its time, or not listen. Power comes back if pause_s says so. */
static int button_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
		       struct err *err)
{
	TRY(hypervisor_monitor(b->hypervisor, h->spec->name, "system_powerdown", err));
	h->off_by_deed = true;
	h->left = h->view;
	if (a->pause_s)
		h->power_due_ms = time_boot_ms() + a->pause_s * 1000LL;
	return 0;
}

static int freeze_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
		       struct err *err)
{
	if (a->pause_s)
		h->thaw_due_ms = time_boot_ms() + a->pause_s * 1000LL;
	return hypervisor_freeze(b->hypervisor, h->spec->name, err);
}

/* A machine that is another one when power comes back. */
static int rebuild_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
			struct err *err)
{
	TRY(power_deed(b, h, a, err));
	if (a->deed == DEED_SWAP_DISKS)
		bench_swap_bad_disks(h);
	else if (a->deed == DEED_SWAP_DISK)
		TRY(bench_swap_disk(h, lab_host_disk_index(h->spec, a->disk), err));
	else if (a->deed == DEED_PULL_DIMM)
		bench_pull_dimm(h, lab_host_dimm_index(h->spec, a->dimm));
	else
		bench_set_clock(h, a->rtc_wall_s);
	return bench_describe(b, h, err);
}

static int cable_deed(struct bench *b, struct bench_host *h, const struct lab_action *a,
		      struct err *err)
{
	size_t nic = lab_host_nic_index(h->spec, a->nic);

	if (a->deed == DEED_LINK_UP)
		return cable_plug(b, h, nic, err);
	if (a->deed == DEED_LOSE_PACKETS)
		return cable_lose(b, h, nic, a->loss_percent, err);
	return cable_pull(b, h, nic, a->deed == DEED_PULL_CABLE ? a->pause_s : 0, err);
}

static int deed_do(struct bench *b, struct bench_host *h, const struct lab_action *a,
		   struct err *err)
{
	switch (a->deed) {
	case DEED_KILL_SLIPWAYD:
	case DEED_KILL_DNSMASQ:
	case DEED_KILL_NGINX:
		return server_kill(&b->server, a->deed, a->pause_s, err);
	case DEED_POWER_OFF:
	case DEED_POWER_CYCLE:
		return power_deed(b, h, a, err);
	case DEED_ERASE:
		return erase_deed(b, h, a, err);
	case DEED_RESET:
		return hypervisor_reset(b->hypervisor, h->spec->name, err);
	case DEED_POWER_BUTTON:
		return button_deed(b, h, a, err);
	case DEED_FREEZE:
		return freeze_deed(b, h, a, err);
	case DEED_NMI:
	case DEED_MACHINE_CHECK:
	case DEED_UNPLUG_DISK:
	case DEED_SLOW_DISK:
		return monitor_deed(b, h, a, err);
	case DEED_PULL_CABLE:
	case DEED_LINK_DOWN:
	case DEED_LINK_UP:
	case DEED_LOSE_PACKETS:
		return cable_deed(b, h, a, err);
	case DEED_SWAP_DISK:
	case DEED_SWAP_DISKS:
	case DEED_PULL_DIMM:
	case DEED_SET_CLOCK:
		return rebuild_deed(b, h, a, err);
	case _LAB_DEED_MAX:
		break;
	}
	return 0;
}

/* Only asked of the file system when the action wants to know. */
static uint64_t written_bytes(const struct bench_host *h, const struct lab_action *a)
{
	return a->written_mib ? disk_allocated_bytes(h->disk_paths[lab_host_target_index(h->spec)])
			      : 0;
}

static int thaw_due(struct bench *b, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < b->n_hosts; i++) {
		struct bench_host *h = &b->hosts[i];

		if (!h->thaw_due_ms || now_ms < h->thaw_due_ms)
			continue;
		h->thaw_due_ms = 0;
		if (hypervisor_is_on(b->hypervisor, h->spec->name))
			TRY(hypervisor_thaw(b->hypervisor, h->spec->name, err));
	}
	return 0;
}

int deeds_do(struct bench *b, struct err *err)
{
	int64_t now_ms = time_boot_ms();

	TRY(cables_step(b, now_ms, err));
	TRY(thaw_due(b, now_ms, err));
	for (size_t i = 0; i < b->s->n_actions; i++) {
		const struct lab_action *a = &b->s->actions[i];
		struct action_state *state = &b->actions[i];
		struct bench_host *h = host_by_name(b, a->host);
		int rc;

		if (!h || !deed_is_due(a, state, &h->view, written_bytes(h, a), now_ms))
			continue;
		state->begun = true;
		rc = deed_do(b, h, a, err);
		if (rc == -ERR_NOT_FOUND)
			continue; /* between two lives: try again at the next look */
		if (rc < 0)
			return err_wrap(err, "action '%s'", a->name);
		state->done++;
		state->next_ms = now_ms + DEED_MIN_PAUSE_MS + a->pause_s * 1000LL;
	}
	return 0;
}

/* A host in trouble is judged as it is: the others do not wait for what was to be done to it. */
static bool is_given_up(const struct bench *b, const struct lab_action *a)
{
	size_t i = host_index(b, a->host);

	return i < b->n_hosts && *b->hosts[i].trouble;
}

bool deeds_all_done(const struct bench *b)
{
	for (size_t i = 0; i < b->s->n_actions; i++) {
		const struct lab_action *a = &b->s->actions[i];

		if (b->actions[i].done < a->times && !is_given_up(b, a))
			return false;
	}
	return true;
}

const char *deeds_missed(const struct bench *b, const struct bench_host *h)
{
	for (size_t i = 0; i < b->s->n_actions; i++)
		if (!b->actions[i].begun && str_eq(b->s->actions[i].host, h->spec->name) &&
		    !str_eq(b->s->actions[i].state, h->view.state))
			return b->s->actions[i].name;
	return "";
}
