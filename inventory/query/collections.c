/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collections as tables: names that the API shows, columns that the store has. Adding a field
 * here adds it to lists, filters, exports and the OpenAPI document. Units are in the names; unknown
 * is left out.
 */
#include <inventory/collection.h>

#include <base/cleanup.h>
#include <base/str.h>

#define S FIELD_IS_SORT
#define G FIELD_IS_GROUP
#define U FIELD_IS_SUM
#define Q FIELD_IS_SEARCHED
#define N FIELD_IS_NULL_SHOWN
#define P FIELD_IS_PROBED
#define O FIELD_IS_ORDERED
#define V FIELD_IS_VERSION
#define T COLLECTION_TEXT
#define I COLLECTION_INT
#define D COLLECTION_TIME
#define B COLLECTION_BOOL
#define J COLLECTION_JSON

#define HOST_REF                                                                                   \
	{"host_id", "h.id", T, G, "id of the host"},                                               \
	{                                                                                          \
		"host", "h.short_code", T, G | Q, "short code of the host"                         \
	}
/* What people defined and entered (inventory/custom.h); @ is the moment. */
#define CUSTOM(object)                                                                             \
	{                                                                                          \
		"custom",                                                                          \
			"(SELECT u.body FROM custom_body u WHERE u.object = '" object              \
			"' AND u.num = t.num AND u.from_us <= @ AND u.until_us > @)",              \
			J, 0, "fields that people define; GET /api/v1/fields lists them"           \
	}
/* OUTER: most parts have no lot, so that a filter on the host must not make this join an inner one (sql_joins) */
#define JOIN_LOT  " LEFT OUTER JOIN part_lot l ON l.part_num = t.num"
#define JOIN_HOST " LEFT JOIN host h ON h.num = t.host_num"

/* It is a person's turn, and the host is neither announced only nor at rest. */
#define NEEDS_PERSON                                                                               \
	"(CASE WHEN t.turn IN ('technician', 'operator') AND t.state NOT IN ('expected', "         \
	"'ready', 'in-service', 'retired') THEN 1 ELSE 0 END)"

static const struct collection_field host_fields[] = {
	{"id", "t.id", T, S | O, "made by the server, never changes"},
	{"name", "t.name", T, S | Q | O, "given by people"},
	{"short_code", "t.short_code", T, S | Q | O, "what the host's own console shows"},
	{"state", "t.state", T, S | G | Q | P, "of the lifecycle"},
	{"state_since", "t.state_since_us", D, S | O, "when it entered the state"},
	{"state_detail", "t.state_detail", T, 0, "why, in plain words"},
	{"turn", "t.turn", T, S | G, "who must act"},
	{"needs_person", NEEDS_PERSON, B, G,
	 "a technician or an operator must act before it goes on"},
	{"deadline", "t.deadline_us", D, S, "until when"},
	{"arch", "t.arch", T, S | G, "x86_64 or aarch64"},
	{"firmware", "t.firmware", T, S | G, "bios or uefi"},
	{"manufacturer", "t.manufacturer", T, S | G | Q, ""},
	{"model", "t.model", T, S | G | Q | P, ""},
	{"serial", "t.serial", T, S | Q | O, "of the system"},
	{"uuid", "t.uuid", T, S | O, "as SMBIOS reports it"},
	{"asset_tag", "t.asset_tag", T, S | Q | O, ""},
	{"BiosVersion", "t.bios_version", T, S | G | V, ""},
	{"cpu", "t.cpu", T, S | G, "model of the first processor"},
	{"sockets", "t.sockets", I, S | G | U, "processors"},
	{"cores", "t.cores", I, S | G | U, ""},
	{"threads", "t.threads", I, S | U, ""},
	{"MemoryMiB", "t.memory_mib", I, S | G | U | O, "sum of the modules"},
	{"memory.CapacityMiB", "t.memory_mib", I, S | O, "the same, by path"},
	{"StorageBytes", "t.storage_bytes", I, S | U, "sum of the drives"},
	{"drive_count", "t.drives", I, S | G | U, ""},
	{"nic_count", "t.nics", I, S | G | U, ""},
	{"sku", "t.sku", T, S | G | P, "what it should be"},
	{"sku_status", "t.sku_status", T, S | G, "match or differs"},
	{"delivery", "t.delivery", T, S | G | P, ""},
	{"site", "t.site", T, S | G, ""},
	{"row", "t.rack_row", T, S | G, ""},
	{"rack", "t.rack", T, S | G | Q, ""},
	{"unit", "t.rack_unit", I, S, "rack unit"},
	{"switch.name", "t.switch_name", T, S | G, "as LLDP reports it"},
	{"switch.port", "t.switch_port", T, S, "as LLDP reports it"},
	{"reserved_for", "t.reserved_for", T, S | G, "who reserved it"},
	{"image.digest", "t.image_digest", T, S | G, "of the image on its disk"},
	{"image.line", "t.image_line", T, S | G, ""},
	{"image.version", "t.image_version", T, S | G | V, ""},
	{"image.trust",
	 "(SELECT r.trust FROM receipt r WHERE r.host_num = t.num AND r.image_digest <> '' AND "
	 "r.image_digest = t.image_digest ORDER BY r.num DESC LIMIT 1)",
	 T, G, "lab or hardened: the trust root that vouched for it"},
	{"faults", "t.faults", I, S | G | U, "open faults"},
	{"weak", "t.weak", B, G, "known only by MACs or disks"},
	{"review", "t.review", T, 0, "why a person must look at its identity"},
	{"created", "t.created_us", D, S, ""},
	{"changed", "t.changed_us", D, S | O, ""},
	{"revision", "t.revision", I, S, "counts changes; the ETag"},
	CUSTOM("hosts"),
};

static const struct collection_field part_fields[] = {
	{"id", "t.num", I, S, ""},
	{"fru_id", "t.fru_key", T, S | Q, "Type.Manufacturer.PartNumber.SerialNumber"},
	{"type", "t.type", T, S | G, "processor, memory, drive, nic, board, pci"},
	{"Manufacturer", "t.manufacturer", T, S | G | Q, ""},
	{"PartNumber", "t.part_number", T, S | G | Q, ""},
	{"Model", "t.model", T, S | G | Q, ""},
	{"SerialNumber", "t.serial", T, S | G | Q, ""},
	{"WWN", "t.wwn", T, S | Q, ""},
	{"FirmwareVersion", "t.firmware", T, S | G | V, ""},
	{"CapacityMiB", "t.capacity_mib", I, S | G | U, "memory"},
	{"CapacityBytes", "t.capacity_bytes", I, S | G | U, "drives"},
	{"SpeedMHz", "t.speed_mhz", I, S | G, ""},
	{"TotalCores", "t.cores", I, S | G | U, ""},
	{"TotalThreads", "t.threads", I, S | U, ""},
	{"Protocol", "t.protocol", T, S | G, ""},
	{"MediaType", "t.media", T, S | G, "SSD, HDD; DDR4, DDR5"},
	{"lot", "l.lot", T, G, "what the serials of one site and week or day begin with"},
	{"made", "l.made", T, G, "ISO week of its making, 2017-W37, as its serial says"},
	{"spare", "(CASE WHEN p.num IS NULL THEN 1 ELSE 0 END)", B, G, "it is in no host"},
	{"host_id", "h.id", T, 0, "host it is in"},
	{"host", "h.short_code", T, Q, "short code of the host it is in"},
	{"slot", "p.slot", T, 0, "printed label of the slot"},
	{"place", "p.attrs", J, 0, "further attributes of the place"},
	{"first_seen", "t.first_us", D, S, ""},
	{"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, ""},
	CUSTOM("parts"),
};

static const struct collection_field placement_fields[] = {
	{"id", "t.num", I, S, ""},
	HOST_REF,
	{"part_id", "t.part_num", I, 0, ""},
	{"fru_id", "q.fru_key", T, Q, ""},
	{"type", "t.type", T, G, ""},
	{"slot", "t.slot", T, G, ""},
	{"SerialNumber", "q.serial", T, Q, ""},
	{"from", "t.from_us", D, S, ""},
	{"until", "CASE WHEN t.until_us = 9223372036854775807 THEN NULL ELSE t.until_us END", D, 0,
	 "left out while it is there"},
};

static const struct collection_field sku_fields[] = {
	{"name", "t.name", T, S | Q, ""},      {"version", "t.version", I, S, ""},
	{"contents", "t.body", J, 0, ""},      {"note", "t.note", T, 0, ""},
	{"created", "t.created_us", D, S, ""}, {"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, ""},  CUSTOM("skus"),
};

static const struct collection_field delivery_fields[] = {
	{"name", "t.name", T, S | Q, ""},
	{"vendor", "t.vendor", T, S | G | Q, ""},
	{"purchase_order", "t.purchase_order", T, S | Q, ""},
	{"site", "t.site", T, S | G, ""},
	{"due", "t.due_us", D, S, ""},
	{"hosts", "t.hosts", I, S | U, "announced"},
	{"note", "t.note", T, 0, ""},
	{"created", "t.created_us", D, S, ""},
	{"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, ""},
	CUSTOM("deliveries"),
};

static const struct collection_field expected_fields[] = {
	{"id", "t.num", I, S, ""},
	{"delivery", "d.name", T, G, ""},
	{"line", "t.line", I, S, "of the list"},
	HOST_REF,
	{"state", "h.state", T, G, "of the host"},
	{"serial", "t.serial", T, S | Q, ""},
	{"macs", "t.macs", J, 0, ""},
	{"sku", "t.sku", T, S | G, ""},
	{"site", "t.site", T, S | G, ""},
	{"row", "t.rack_row", T, S | G, ""},
	{"rack", "t.rack", T, S | G, ""},
	{"unit", "t.rack_unit", I, S, ""},
	{"asset_tag", "t.asset_tag", T, S | Q, ""},
	{"switch.name", "t.switch_name", T, S | G, ""},
	{"switch.port", "t.switch_port", T, S, ""},
	{"created", "t.created_us", D, S, ""},
};

static const struct collection_field location_fields[] = {
	{"id", "t.num", I, S, ""},
	{"site", "t.site", T, S | G | Q, ""},
	{"row", "t.rack_row", T, S | G, ""},
	{"rack", "t.rack", T, S | G | Q, ""},
	{"unit", "t.rack_unit", I, S, ""},
	{"switch.name", "t.switch_name", T, S | G, "expected"},
	{"switch.port", "t.switch_port", T, S, "expected"},
	{"note", "t.note", T, 0, ""},
	{"created", "t.created_us", D, S, ""},
	{"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, ""},
	CUSTOM("locations"),
};

static const struct collection_field run_fields[] = {
	{"id", "t.id", T, S, ""},
	HOST_REF,
	{"tier", "t.tier", T, S | G, ""},
	{"seed", "t.seed", I, S, ""},
	{"state", "t.state", T, S | G, "running or done"},
	{"result", "t.result", T, S | G, "PASS, FAIL, INCOMPLETE, CANCELLED"},
	{"started", "t.started_us", D, S, ""},
	{"ended", "t.ended_us", D, S, ""},
	{"records", "t.records", I, S | U, "OCP records"},
	{"retest_of", "t.retest_of", T, S | G, "the whole run that this completes after a repair"},
	{"detail", "t.detail", T, Q, ""},
	{"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, ""},
};

/* So many faults within 90 days before this one, itself among them. */
#define RECENT(more)                                                                               \
	"(SELECT count(*) FROM fault o WHERE o.host_num = t.host_num AND o.opened_us <= "          \
	"t.opened_us AND o.opened_us > t.opened_us - 7776000000000" more ")"
#define REPEATS "3"

static const struct collection_field fault_fields[] = {
	{"id", "t.id", T, S, ""},
	HOST_REF,
	{"host_name", "h.name", T, G, "given by people"},
	{"host_serial", "h.serial", T, G, "of the system"},
	{"site", "h.site", T, G, "of the host now"},
	{"row", "h.rack_row", T, G, "of the host now"},
	{"rack", "h.rack", T, G | Q, "of the host now"},
	{"unit", "h.rack_unit", I, 0, "of the host now"},
	{"state", "t.state", T, S | G, "open or closed"},
	{"code", "t.code", T, S | G | Q, "stable name"},
	{"part_type", "t.part_type", T, S | G, ""},
	{"PartNumber", "t.part_number", T, S | G, ""},
	{"SerialNumber", "t.part_serial", T, S | Q, ""},
	{"slot", "t.slot", T, S | G, "printed label"},
	{"certainty", "t.certainty", T, G, "certain, likely, one-of; that it is this part"},
	{"action", "t.action", T, Q, "what to do"},
	{"detail", "t.detail", T, 0, "all that was found of this part"},
	{"turn", "t.turn", T, S | G, "who must act"},
	{"run_id", "t.run_id", T, 0, ""},
	{"opened", "t.opened_us", D, S, ""},
	{"closed", "t.closed_us", D, S, ""},
	{"closed_by", "t.closed_by", T, S | G, ""},
	{"Manufacturer",
	 "COALESCE((SELECT max(q.manufacturer) FROM part q WHERE q.serial = t.part_serial AND "
	 "q.serial <> ''), '')",
	 T, G, "of the part"},
	{"sku", "h.sku", T, G, "of the host"},
	{"delivery", "h.delivery", T, G, "of the host"},
	{"rma", "t.rma", T, S | G | Q, "the vendor's or the ticket system's reference"},
	{"note", "t.note", T, 0, "of people, and of the person who closed it"},
	{"repeat",
	 "CASE WHEN t.slot <> '' AND " RECENT(
		 " AND o.slot = t.slot") " >= " REPEATS
					 " THEN 'slot' WHEN " RECENT("") " >= " REPEATS
									 " THEN 'host' ELSE '' END",
	 T, G, "slot or host: it has had three faults in 90 days"},
	{"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, "counts changes; the ETag"},
};

static const struct collection_field event_fields[] = {
	{"id", "t.id", I, S, "counts up; the cursor of the change feed"},
	{"at", "t.at_us", D, S, ""},
	HOST_REF,
	{"kind", "t.kind", T, S | G, ""},
	{"from", "t.state_from", T, G, "host.state: the state that ended"},
	{"to", "t.state_to", T, G, "host.state: the state that began"},
	{"seconds", "t.seconds", I, S | U, "host.state: how long the state that ended had lasted"},
	{"day", "t.day", T, S | G, "of the time, UTC: 2026-11-30"},
	{"month", "substr(t.day, 1, 7)", T, G, "of the time, UTC: 2026-11"},
	{"sku", "h.sku", T, G, "of the host, now"},
	{"delivery", "h.delivery", T, G, "of the host"},
	{"site", "h.site", T, G, "of the host, now"},
	{"rack", "h.rack", T, G, "of the host, now"},
	{"actor", "t.actor", T, S | G, ""},
	{"summary", "t.summary", T, Q, ""},
	{"detail", "t.detail", J, 0, ""},
};

static const struct collection_field difference_fields[] = {
	{"id", "t.num", I, S, ""},
	HOST_REF,
	{"what", "t.what", T, S | G, "missing, extra, wrong, moved"},
	{"type", "t.type", T, S | G, "of the part; host, delivery or location: of its place"},
	{"slot", "t.slot", T, S | G, "printed label"},
	{"field", "t.field", T, S | G, "what is wrong: FirmwareVersion, switch.port"},
	{"PartNumber", "t.part_number", T, S | G, "of the part that is missing or extra"},
	{"expected", "t.expected", J, 0, ""},
	{"found", "t.found", J, 0, ""},
	{"expected_value", "t.expected_value", T, S | G, "the same where it is one value"},
	{"found_value", "t.found_value", T, S | G, "the same where it is one value"},
	{"since", "t.since_us", D, S, "known since"},
	{"state", "h.state", T, G, "of the host"},
	{"serial", "h.serial", T, G | Q, "of the host"},
	{"sku", "h.sku", T, G, "of the host"},
	{"delivery", "h.delivery", T, G, "of the host"},
	{"site", "h.site", T, G, "of the host"},
	{"row", "h.rack_row", T, G, "of the host"},
	{"rack", "h.rack", T, G, "of the host"},
	{"unit", "h.rack_unit", I, 0, "of the host"},
};

static const struct collection_field receipt_fields[] = {
	{"id", "t.num", I, S, ""},
	HOST_REF,
	{"at", "t.at_us", D, S, ""},
	{"image.digest", "t.image_digest", T, S | G, ""},
	{"image.line", "t.line", T, S | G, ""},
	{"image.version", "t.version", T, S | G | V, ""},
	{"image.trust", "t.trust", T, S | G, "lab or hardened: the trust root that vouched for it"},
	{"disk_serial", "t.disk_serial", T, S, ""},
	{"work", "t.work", T, S | G, "image or erase"},
	{"receipt", "t.body", J, 0, "as the agent sent it"},
	{"signature.key_sha256", "t.key_sha256", T, S, "fingerprint of the session's key"},
	{"signature.envelope", "t.envelope", J, 0, "what was signed: slipway receipt verify"},
};

static const struct collection_field order_fields[] = {
	{"id", "t.id", T, S, ""},
	{"state", "t.state", T, S | G, "pending, approved, refused, expired, restored"},
	{"work", "t.work", T, S | G, "image or erase"},
	HOST_REF,
	{"host_count", "t.host_count", I, S | U, "hosts it touches"},
	{"hosts", "t.hosts", J, 0, "their short codes"},
	{"second_person", "t.why", T, S | G, "why: hosts, in-service, shared-storage"},
	{"reason", "t.reason", T, Q, ""},
	{"who", "t.who", T, S | G, "the token that asked"},
	{"owner", "t.owner", T, S | G | Q, "the person that it belongs to"},
	{"plan_hash", "t.plan_hash", T, S, "of what it would do"},
	{"asked", "t.body", J, 0, "what was asked for"},
	{"created", "t.created_us", D, S, ""},
	{"expires", "t.expires_us", D, S, "it can be approved until then"},
	{"decided", "t.decided_us", D, S, ""},
	{"decided_by", "t.decided_by", T, S | G, "the token that decided"},
	{"decided_owner", "t.decided_owner", T, S | G, "the person that it belongs to"},
	{"note", "t.note", T, Q, "of the person who decided"},
	{"changed", "t.changed_us", D, S, ""},
	{"revision", "t.revision", I, S, ""},
};

#define FIELDS(list) .fields = list, .n_fields = ARRAY_LEN(list)

const struct collection collection_hosts = {
	.name = "hosts",
	.table = "host",
	.has_history = true,
	.joins = "",
	.brief = "(SELECT f.brief FROM host_facts f WHERE f.num = t.num)",
	.brief_at =
		"(SELECT f.brief FROM host_facts f WHERE f.num = t.num AND f.changed_us <= @ UNION "
		"ALL SELECT f.brief FROM host_facts_history f WHERE f.num = t.num AND f.changed_us "
		"<= @ AND f.until_us > @ LIMIT 1)",
	.brief_members = "macs drives nics",
	FIELDS(host_fields),
	.about = "machines",
};
const struct collection collection_parts = {
	.name = "parts",
	.table = "part",
	.has_history = true,
	.joins = " LEFT JOIN placement p ON p.part_num = t.num AND p.until_us = "
		 "9223372036854775807 LEFT JOIN host h ON h.num = p.host_num" JOIN_LOT,
	.joins_at = " LEFT JOIN placement p ON p.part_num = t.num AND p.from_us <= @ AND "
		    "p.until_us > @ LEFT JOIN host h ON h.num = p.host_num" JOIN_LOT,
	FIELDS(part_fields),
	.about = "replaceable components; they outlive hosts",
};
const struct collection collection_placements = {
	.name = "placements",
	.table = "placement",
	.now = "t.until_us = 9223372036854775807",
	.then = "t.from_us <= @ AND t.until_us > @",
	.joins = JOIN_HOST " JOIN part q ON q.num = t.part_num",
	FIELDS(placement_fields),
	.about = "which part was in which slot of which host, from when until when",
};
const struct collection collection_skus = {
	.name = "skus",
	.table = "sku",
	.has_history = true,
	.joins = "",
	FIELDS(sku_fields),
	.about = "what a host of a kind must hold",
};
const struct collection collection_deliveries = {
	.name = "deliveries",
	.table = "delivery",
	.has_history = true,
	.joins = "",
	FIELDS(delivery_fields),
	.about = "hosts that a vendor ships together",
};
const struct collection collection_expected = {
	.name = "expected",
	.table = "delivery_line",
	.then = "t.created_us <= @",
	.joins = JOIN_HOST " JOIN delivery d ON d.num = t.delivery_num",
	FIELDS(expected_fields),
	.about = "the lines of deliveries",
};
const struct collection collection_locations = {
	.name = "locations",
	.table = "location",
	.has_history = true,
	.joins = "",
	FIELDS(location_fields),
	.about = "rack units and the switch ports that belong to them",
};
const struct collection collection_runs = {
	.name = "runs",
	.table = "run",
	.has_history = true,
	.joins = JOIN_HOST,
	FIELDS(run_fields),
	.about = "burn-in runs",
};
const struct collection collection_faults = {
	.name = "faults",
	.table = "fault",
	.has_history = true,
	.joins = JOIN_HOST,
	FIELDS(fault_fields),
	.about = "repair orders",
};
const struct collection collection_events = {
	.name = "events",
	.table = "event",
	.key = "id",
	.then = "t.at_us <= @",
	.joins = JOIN_HOST,
	FIELDS(event_fields),
	.about = "what happened, in order",
};
const struct collection collection_differences = {
	.name = "differences",
	.table = "difference",
	.then = "t.since_us <= @",
	.joins = JOIN_HOST,
	FIELDS(difference_fields),
	.about = "what hosts should have and have not, or have and should not",
};
const struct collection collection_receipts = {
	.name = "receipts",
	.table = "receipt",
	.then = "t.at_us <= @",
	.joins = JOIN_HOST,
	FIELDS(receipt_fields),
	.about = "images that were written, disks that were erased",
};

const struct collection collection_orders = {
	.name = "orders",
	.table = "flow_order",
	.has_history = true,
	.joins = JOIN_HOST,
	FIELDS(order_fields),
	.about = "orders that need, or needed, a second person",
};

const struct collection *const collections[] = {
	&collection_hosts,       &collection_parts,    &collection_placements, &collection_skus,
	&collection_deliveries,  &collection_expected, &collection_locations,  &collection_runs,
	&collection_faults,      &collection_events,   &collection_receipts,   &collection_orders,
	&collection_differences,
};
const size_t n_collections = ARRAY_LEN(collections);

const struct collection *collection_by_name(const char *name)
{
	for (size_t i = 0; i < n_collections; i++)
		if (str_eq(collections[i]->name, name))
			return collections[i];
	return NULL;
}
