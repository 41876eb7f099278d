/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a host's row: the id is random and ours, the short code is what a technician reads off the
 * screen. Input: serials and names from the machine, placeholders already known as such are left
 * out.
 */
#include "birth.h"

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>

#include "history.h"

/* no I, O, 0, 1: they look alike on a serial console */
static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

static void make_short_code(char ret[static HOST_SHORT_CODE_BYTES])
{
	uint8_t r[HOST_SHORT_CODE_BYTES - 1];

	random_bytes(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++)
		ret[i] = alphabet[r[i] % (sizeof(alphabet) - 1)];
	ret[sizeof(r)] = '\0';
}

static int free_short_code(struct db *db, char ret[static HOST_SHORT_CODE_BYTES], struct err *err)
{
	int64_t taken = 1;

	while (taken > 0) {
		make_short_code(ret);
		TRY(db_query_int(db, err, &taken, 0,
				 "SELECT count(*) FROM host WHERE short_code = $1", p_text(ret)));
	}
	return 0;
}

static const char *known(const char *serial)
{
	return placeholder_serial(serial) ? "" : serial;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

int host_make(struct db *db, const struct host_evidence *e, const struct host_birth *birth,
	      int64_t now_us, int64_t *ret_num, struct err *err)
{
	char id[UUID_TEXT_BYTES], code[HOST_SHORT_CODE_BYTES];
	struct moment m;

	uuid_v4(id);
	TRY(free_short_code(db, code, err));
	TRY(moment_next(db, now_us, &m, err));
	int64_t num = 0;
	/* a number is never given twice, not even one whose host was merged away and is in the
	 * history alone: the flow, open sessions and our own memory know hosts by it */
	TRY(db_query_int(db, err, &num, 0,
			 "SELECT COALESCE(max(num), 0) + 1 FROM (SELECT max(num) AS num FROM host "
			 "UNION ALL SELECT max(num) AS num FROM host_history) AS given"));
	TRY(db_exec(
		db, err,
		"INSERT INTO host (num, id, short_code, name, state, state_since_us, "
		"state_detail, turn, deadline_us, arch, firmware, manufacturer, model, serial, "
		"uuid, asset_tag, bios_version, cpu, sku, sku_status, delivery, site, rack_row, "
		"rack, switch_name, switch_port, reserved_for, image_digest, image_line, "
		"image_version, faults, weak, review, created_us, changed_us, revision) VALUES "
		"($1, $2, $3, '', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', '', "
		"'', '', '', '', '', '', '', '', '', '', '', '', 0, $15, '', $5, $5, 1)",
		p_int(num), p_text(id), p_text(code), p_text(birth->state), p_int(m.at_us),
		p_text(or_empty(birth->detail)), p_text(or_empty(birth->turn)),
		birth->deadline_us ? p_int(birth->deadline_us) : p_null(),
		p_text(or_empty(birth->arch)), p_text(or_empty(birth->firmware)),
		p_text(known(e->manufacturer)), p_text(known(e->product)),
		p_text(known(e->system_serial)),
		p_text(placeholder_uuid(e->smbios_uuid) ? "" : e->smbios_uuid),
		p_int(birth->weak ? 1 : 0)));
	autofree char *summary = xasprintf("host %s %s%s", code, birth->state,
					   birth->weak ? ", known only by MACs and disks" : "");
	struct event_draft draft = {num, "host.new", birth->actor, summary, NULL};
	*ret_num = num;
	return event_append_at(db, &draft, &m, err);
}
