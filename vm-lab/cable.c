/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cables and ports; see cable.h. No input from elsewhere.
 */
#include "cable.h"

#include <base/clock.h>
#include <base/file.h>
#include <base/process.h>
#include "domain_xml.h"
#include "net.h"

#define RULES_PATH   "/run/lab/wire.nft"
#define RULES_BYTES  8192
#define NFT_LIMIT_MS 20000
#define LINE_BYTES   64
#define ALL_FRAMES   100

static unsigned loss_of(const struct bench_host *h, size_t nic)
{
	return h->cables[nic].open_due_ms ? ALL_FRAMES : h->cables[nic].loss_percent;
}

/* One chain: frames that come from a port, or that go to it. */
static void chain(const struct bench *b, const char *name, const char *hook, const char *side,
		  struct str *out)
{
	str_addf(out, "\tchain %s {\n\t\ttype filter hook %s priority 0;\n", name, hook);
	for (size_t i = 0; i < b->n_hosts; i++)
		for (size_t nic = 0; nic <= b->hosts[i].spec->n_nics; nic++) {
			unsigned percent = loss_of(&b->hosts[i], nic);
			char first[NET_NAME_BYTES], port[NET_NAME_BYTES];

			text_print(first, sizeof(first), LAB_PORT "%zu", i + 1);
			net_port_name(first, nic, port);
			if (percent == ALL_FRAMES)
				str_addf(out, "\t\t%s \"%s\" drop\n", side, port);
			else if (percent)
				str_addf(out, "\t\t%s \"%s\" numgen random mod 100 < %u drop\n",
					 side, port, percent);
		}
	str_add(out, "\t}\n");
}

void cables_rules(const struct bench *b, struct str *out)
{
	/* made first, so that it can be deleted */
	str_add(out, "table bridge lab\ndelete table bridge lab\ntable bridge lab {\n");
	chain(b, "from", "prerouting", "iifname", out);
	chain(b, "to", "postrouting", "oifname", out);
	str_add(out, "}\n");
}

static int rules_set(const struct bench *b, struct err *err)
{
	static const char *const argv[] = {"nft", "-f", RULES_PATH, NULL};
	autostr struct str rules;

	str_init(&rules, RULES_BYTES);
	cables_rules(b, &rules);
	TRY(file_write_atomic(RULES_PATH, rules.p, rules.n_bytes, 0644, err));
	return process_check(argv, NFT_LIMIT_MS, err);
}

int cables_power_on(struct bench *b, struct bench_host *h, struct err *err)
{
	int64_t now_ms = time_boot_ms();
	bool wanted = false;

	for (size_t nic = 0; nic <= h->now.n_nics; nic++) {
		const struct lab_wire *w = lab_host_wire(&h->now, nic);
		struct cable *c = &h->cables[nic];

		if (!h->power_on_ms)
			c->loss_percent = w->loss_percent;
		c->open_due_ms = w->delay_s ? now_ms + w->delay_s * 1000LL : 0;
		c->back_due_ms = 0;
		wanted |= c->loss_percent || w->delay_s;
	}
	return wanted ? rules_set(b, err) : 0;
}

static int link_set(struct bench *b, struct bench_host *h, size_t nic, bool up, struct err *err)
{
	char line[LINE_BYTES];

	text_print(line, sizeof(line), "set_link " DOMAIN_NIC " %s", nic, up ? "on" : "off");
	return hypervisor_monitor(b->hypervisor, h->spec->name, line, err);
}

int cable_pull(struct bench *b, struct bench_host *h, size_t nic, unsigned pause_s, struct err *err)
{
	h->cables[nic].back_due_ms = pause_s ? time_boot_ms() + pause_s * 1000LL : 0;
	return link_set(b, h, nic, false, err);
}

int cable_plug(struct bench *b, struct bench_host *h, size_t nic, struct err *err)
{
	h->cables[nic].back_due_ms = 0;
	return link_set(b, h, nic, true, err);
}

int cable_lose(struct bench *b, struct bench_host *h, size_t nic, unsigned loss_percent,
	       struct err *err)
{
	h->cables[nic].loss_percent = loss_percent;
	return rules_set(b, err);
}

static int host_step(struct bench *b, struct bench_host *h, int64_t now_ms, bool *opened,
		     struct err *err)
{
	for (size_t nic = 0; nic <= h->spec->n_nics; nic++) {
		struct cable *c = &h->cables[nic];

		if (c->open_due_ms && now_ms >= c->open_due_ms) {
			c->open_due_ms = 0;
			*opened = true;
		}
		if (!c->back_due_ms || now_ms < c->back_due_ms)
			continue;
		c->back_due_ms = 0;
		if (hypervisor_is_on(b->hypervisor, h->spec->name))
			TRY(link_set(b, h, nic, true, err));
	}
	return 0;
}

int cables_step(struct bench *b, int64_t now_ms, struct err *err)
{
	bool opened = false;

	for (size_t i = 0; i < b->n_hosts; i++)
		TRY(host_step(b, &b->hosts[i], now_ms, &opened, err));
	return opened ? rules_set(b, err) : 0;
}
