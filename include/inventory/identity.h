/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which host is this? Evidence is scored, never believed: UUIDs are cloned, serials are
 * placeholders, boards and cards move. Two hosts are never merged silently, and one is never split
 * silently.
 *
 *   same     it is the host we know; new evidence is added to it
 *   new      nobody we know; a row is made (by identity_resolve only)
 *   clone    shows board evidence of a host we know, but no MAC and no disk of it: a row of its own
 *            is made and marked for review; so is the other, unless it is held, and then the shared
 *            value counts no more, fleet-wide
 *   review   is or seems the known host `host_num`, but something speaks against it (another board,
 *            a card of another host). Nothing is learned from this evidence until a person decides
 *
 * A MAC that machines with other boards and other network cards show does not prove that they are
 * one machine: it is learned as shared, and no host is marked for it. So is the one UUID or serial
 * that machines share whose other board evidence and network cards are their own.
 *
 * Nothing is learned against a host at rest (host_birth.at_rest), nor by a clone against one that another
 * machine holds (host_birth.held): what a stranger shows of it stays
 * pending evidence of the stranger's own row, until a person accepts that.
 *
 * The caller quarantines on clone and review (and the hosts in `others`, unless they are in
 * service or held).
 */
#ifndef INVENTORY_IDENTITY_H
#define INVENTORY_IDENTITY_H

#include <inventory/db.h>
#include <inventory/host.h>
#include <base/err.h>

struct host_evidence_disk {
	const char *wwn, *serial; /* NULL or "": unknown */
};

/* Borrowed views; NULL or "" is unknown. trust: none of it. */
struct host_evidence {
	const char *smbios_uuid, *system_serial, *board_serial, *chassis_serial;
	const char *manufacturer, *product, *tpm_ek_sha256;
	const char *const *macs;
	size_t n_macs; /* more than EVIDENCE_ITEMS_MAX items in all are refused */
	const struct host_evidence_disk *disks;
	size_t n_disks;
};
#define EVIDENCE_ITEMS_MAX 1024

/* How a new row starts. */
struct host_birth {
	const char *state, *detail, *turn;
	int64_t deadline_us;
	const char *actor;
	const char *arch, *firmware; /* may be NULL */
	bool weak;                   /* known by MACs and disks alone */
	/* States in which a host's evidence is its own, whatever strangers show; ends with NULL; may
	 * be NULL. */
	const char *const *at_rest;
	/* Is the host in the hands of a machine that this evidence does not come from? Then it is as
	 * one at rest to a clone of it. May be NULL. */
	int (*held)(void *arg, int64_t host_num, bool *ret, struct err *err);
	void *arg;
};

enum identity_verdict { IDENTITY_SAME, IDENTITY_NEW, IDENTITY_CLONE, IDENTITY_REVIEW };
const char *identity_verdict_str(enum identity_verdict v);

#define IDENTITY_OTHERS_MAX 8
struct identity {
	enum identity_verdict verdict;
	int64_t host_num; /* 0: new, and not made because identity_find() was asked */
	char host_id[HOST_ID_BYTES];
	int score;
	bool weak;
	char why[321]; /* plain words, with the evidence */
	unsigned n_others;
	int64_t others[IDENTITY_OTHERS_MAX];
};

/* Look only: for the boot decision. errors: ERR_TOO_BIG */
MUST_CHECK int identity_find(struct db *db, const struct host_evidence *e, struct identity *ret,
			     struct err *err);
/* Look, make a row if new or clone, learn, append events. */
MUST_CHECK int identity_resolve(struct db *db, const struct host_evidence *e,
				const struct host_birth *birth, int64_t now_us,
				struct identity *ret, struct err *err);

/* A person's decision about a host under review: take the evidence it showed last as its own.
 * errors: ERR_IDENTITY_PENDING */
MUST_CHECK int identity_accept(struct db *db, int64_t num, const char *actor, int64_t now_us,
			       struct err *err);
/* Would accepting take a card or a disk away from a host that matters to the caller?
 * out: *ret: the first such host, 0: none. */
MUST_CHECK int identity_accept_takes(struct db *db, int64_t num,
				     bool (*matters)(void *arg, int64_t host_num), void *arg,
				     int64_t *ret, struct err *err);
/* A person's decision: `from` is the same machine as `into`. Evidence, placements, runs, faults and
 * events go to `into`; the id of `from` keeps finding it. */
MUST_CHECK int identity_merge(struct db *db, int64_t from, int64_t into, const char *actor,
			      int64_t now_us, struct err *err);
/* A person's decision: some evidence of a host belongs to another, new host. */
struct identity_cut {
	int64_t host_num;
	const char *const *values; /* as the API shows them (a MAC, a serial, a WWN) */
	size_t n_values;
	struct host_birth birth; /* of the new host */
	int64_t now_us;
};
/* out: *ret_num of the new host. errors: ERR_NOT_FOUND (no such evidence), ERR_INVALID (nothing
 * would be left) */
MUST_CHECK int identity_split(struct db *db, const struct identity_cut *cut, int64_t *ret_num,
			      struct err *err);

/* A host that is known from a list before it arrives (a delivery). The same row is found when it
 * shows up. errors: ERR_EXISTS when one of the values belongs to a host already (*ret_num is then
 * that host) */
MUST_CHECK int identity_expect(struct db *db, const struct host_evidence *e,
			       const struct host_birth *birth, int64_t now_us, int64_t *ret_num,
			       struct err *err);

/* The list was corrected: the evidence of a host that was never seen is what it says now. Inside a
 * transaction. */
MUST_CHECK int identity_expect_again(struct db *db, int64_t num, const struct host_evidence *e,
				     int64_t now_us, struct err *err);

/* What a host showed and what waits: {"items": [{"kind", "value", "first", "last", "shared":
 * bool}], "pending": [...]|null}. owns: *ret is the caller's. */
MUST_CHECK int identity_evidence(struct db *db, int64_t num, json_t **ret, struct err *err);

/* Values that several machines showed and that count for nothing: [{"kind", "value", "why"}]. owns:
 * *ret is the caller's. */
MUST_CHECK int identity_shared(struct db *db, json_t **ret, struct err *err);

/* True for what firmware says when it knows nothing: "To Be Filled By O.E.M.", "0123456789", "". */
bool placeholder_serial(const char *text);
/* True also for text that is not a UUID. */
bool placeholder_uuid(const char *text);
bool placeholder_mac(const char *text);

#endif
