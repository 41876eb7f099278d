/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network test with other hosts under test: the server names partners, best first; the next one
 * is asked where one does not answer, is busy, or was slow. What their rates mean is burnin/pairs'.
 */
#include "burn.h"

#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>
#include <proto/record.h>

#include <agent/facts/nics.h>

#include "partner.h"

#define LEAST_PAIR_S 2

/* "812 Mb/s of 10000 to AB12CD34" */
static void add_rate(struct str *out, const struct burn_pairs *p, size_t i)
{
	str_addf(out, "%lld Mb/s of %lld to %.16s", (long long)p->rates[i].mbps,
		 (long long)p->rates[i].could_mbps, p->partners->partners.items[i].name);
}

static void add_rates(struct str *out, const struct burn_pairs *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!p->rates[i].measured)
			continue;
		str_add(out, n++ ? ", " : "");
		add_rate(out, p, i);
	}
}

static void find_far_end(struct burn *b, const char *step, const struct burn_pairs *p,
			 const char *rates)
{
	struct burnin_finding f = {.symptom = SYMPTOM_NIC_SLOW_PATH, .component = p->port};
	const char *far_end = p->partners->far_end;

	text_print(f.message, sizeof(f.message), "%s%.100s%s%.130s",
		   *far_end ? "CHECK FAR END " : "", far_end, *far_end ? ": " : "", rates);
	burn_found(b, step, &f);
}

/* The host is sound; who looks at the partner's run sees the same from there. */
static void note_partner(struct burn *b, const char *step, const struct burn_pairs *p, size_t slow,
			 const char *rates)
{
	const struct partner *partner = &p->partners->partners.items[slow];
	autofree char *text = xasprintf("the way to %.16s%s%.100s is slow, and this host is not: "
					"%.130s",
					partner->name, *partner->far_end ? " at " : "",
					partner->far_end, rates);

	ocp_log(&b->stream, step, "WARNING", text);
	report_log(b->out, "warning", "%s", text);
}

void burn_judge_pairs(struct burn *b, const char *step, const struct burn_pairs *p)
{
	size_t slow = 0;
	struct str rates;

	str_init(&rates, 1024);
	add_rates(&rates, p);
	switch (pairs_judge(p->rates, p->n, &slow)) {
	case PAIR_END_OTHER:
		note_partner(b, step, p, slow, rates.p);
		burn_passed(b, step, p->port, "nic-pair-pass", rates.p);
		break;
	case PAIR_END_GOOD:
		burn_passed(b, step, p->port, "nic-pair-pass", rates.p);
		break;
	case PAIR_END_HERE:
		find_far_end(b, step, p, rates.p);
		break;
	case PAIR_END_OPEN:
		burn_unjudged(b, step, p->port,
			      rates.n_bytes ? "the network was loaded with too few partners to "
					      "judge its rate"
					    : "no partner could be loaded");
		break;
	}
	str_done(&rates);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static bool tick(void *arg)
{
	return burn_tick(arg);
}

static void measure(struct burn *b, const char *step, const struct burn_pairs *p,
		    const struct partner *partner, int64_t seconds, struct pair_rate *ret)
{
	const struct partner_send send = {.address = partner->address,
					  .port = PARTNER_PORT,
					  .ticket = partner->ticket,
					  .for_ms = seconds * 1000,
					  .tick = tick,
					  .arg = b};
	struct err err = ERR_INIT;

	if (partner_send(&send, &ret->mbps, &err) < 0) {
		autofree char *text = xasprintf("partner %.16s: %.160s", partner->name, err.msg);

		ocp_log(&b->stream, step, "INFO", text);
		return;
	}
	ret->measured = true;
	ocp_measure(&b->stream, step,
		    &(struct ocp_measurement){.component = p->port,
					      .name = "partner-rate",
					      .value = (double)ret->mbps,
					      .unit = "Mb/s"});
}

/* The card that leads to the server is the one that leads to its other hosts, too. */
static bool find_port(const char *server, struct facts_nic *ret)
{
	char name[33];
	nic_list nics = {0};
	bool found = false;

	if (!partner_port_to(server, name))
		return false;
	nics_read("", &nics);
	for (size_t i = 0; i < nics.n && !found; i++) {
		found = str_eq(nics.items[i].name, name);
		if (found)
			*ret = nics.items[i];
	}
	VEC_DONE(&nics);
	return found;
}

bool burn_load_pairs(struct burn *b, const char *step, const char *server, int64_t seconds)
{
	int64_t each_s = seconds / PAIRS_MAX > LEAST_PAIR_S ? seconds / PAIRS_MAX : LEAST_PAIR_S;
	struct partners_reply partners = {0};
	struct burn_pairs p = {.partners = &partners};
	struct facts_nic nic = {.speed_mbps = 0};
	struct err err = ERR_INIT;
	bool measured = false;

	if (!b->partners || !find_port(server, &nic))
		return false;
	p.port = component_find(&b->components, COMPONENT_NIC, nic.name);
	if (b->partners(b->partners_arg, nic.mac, &partners, &err) < 0)
		ocp_log(&b->stream, step, "INFO", err.msg);
	while (p.n < PAIRS_MAX && p.n < partners.partners.n && pairs_want_more(p.rates, p.n) &&
	       !report_must_stop(b->out)) {
		const struct partner *partner = &partners.partners.items[p.n];

		p.rates[p.n].could_mbps = pairs_could(nic.speed_mbps, partner->speed_mbps);
		measure(b, step, &p, partner, each_s, &p.rates[p.n]);
		measured |= p.rates[p.n++].measured;
	}
	if (p.n)
		burn_judge_pairs(b, step, &p);
	record_done(partners_reply_fields, &partners);
	return measured;
}
