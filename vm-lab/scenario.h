/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario: which hosts stand in the lab, what is done to them, and what must be true at the end.
 * Read from an INI file (vm-lab/scenarios/NAME.ini) that people write; every section, key and word
 * comes from a const table in scenario.c or words.c, and anything else is an error with file:line.
 *
 *  1. scenario_load() or scenario_parse(); 2. read the struct; 3. scenario_free().
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/cleanup.h>
#include <base/err.h>
#include "words.h"

/* The lab is a table-top: these are its sizes, not the server's. */
#define LAB_MAX_HOSTS      8
#define LAB_MAX_DISKS      6
#define LAB_MAX_NICS       3 /* beside the one that netboots */
#define LAB_MAX_DIMMS      16
#define LAB_BRIDGE_BYTES   9 /* of a name that a scenario gives to a bridge */
#define LAB_MAX_ACTIONS    16
#define LAB_MAX_ORDERS     8
#define LAB_NAME_BYTES     48
#define LAB_TEXT_BYTES     80
#define LAB_MAX_COMMANDS   8
#define LAB_MAX_CONSOLES   4
#define LAB_COMMAND_BYTES  256
#define LAB_PATH_BYTES     256
#define LAB_SCENARIO_BYTES (64 * 1024)

struct lab_disk {
	enum disk_role role;
	char serial[21]; /* virtio-blk carries at most 20 bytes */
	uint64_t size_bytes;
	enum disk_bus bus;
	unsigned sector_bytes; /* logical: 512 or 4096 */
	enum disk_fault fault;
};

/* What a network card hangs on. "" and 0: the wire of the appliance, untagged. */
struct lab_wire {
	char bridge[LAB_BRIDGE_BYTES];
	unsigned vlan;    /* the port is an access port of it */
	bool cabled;      /* at power-on */
	unsigned delay_s; /* after power-on nothing passes for so long, as with spanning tree */
	unsigned loss_percent; /* of the frames, in each direction */
};

/* A network card that the host has beside the one that it netboots from. */
struct lab_nic {
	char mac[18];
	bool first; /* in front of the one that netboots */
	struct lab_wire wire;
};

/* A slot for memory, as SMBIOS tells of it. */
struct lab_dimm {
	char locator[LAB_NAME_BYTES];
	unsigned size_mib; /* 0: empty */
	char serial[LAB_NAME_BYTES], part[LAB_NAME_BYTES];
};

/* A repair order; each text may have '*' in it, "" is an empty field. */
struct lab_order {
	char code[LAB_NAME_BYTES], part[LAB_NAME_BYTES];
	char slot[LAB_TEXT_BYTES], serial[LAB_NAME_BYTES];
	bool closed;
};

struct lab_expect {
	char state[LAB_NAME_BYTES];  /* lifecycle state at the end */
	char detail[LAB_TEXT_BYTES]; /* what the server says of it, may end in '*'; "": anything */
	char fault[LAB_TEXT_BYTES];  /* stable error name, "" when none is demanded */
	enum target_fate target;
	unsigned own_boots;    /* times it came up from its own disk after a power cycle */
	unsigned imaged_times; /* receipts in the server's events */
	char switch_port[LAB_NAME_BYTES];        /* of the lab's switch, "" when none is demanded */
	struct lab_order orders[LAB_MAX_ORDERS]; /* these, and none for other parts; 0: any */
	size_t n_orders;
	char consoles[LAB_MAX_CONSOLES][LAB_TEXT_BYTES]; /* must stand on the serial console */
	size_t n_consoles;
	char commands[LAB_MAX_COMMANDS][LAB_COMMAND_BYTES]; /* must end with 0 in the guest */
	size_t n_commands;
};

struct lab_host {
	char name[LAB_NAME_BYTES];
	enum lab_arch arch;
	enum lab_firmware firmware;
	enum lab_netboot netboot;
	unsigned memory_mib;
	unsigned cpus;
	unsigned sockets;   /* each with its share of CPUs and memory */
	bool has_clock;     /* its RTC is wrong: */
	int64_t rtc_wall_s; /* at power-on, since 1970 */
	bool tpm;
	bool bmc;
	enum tamper tamper;              /* of the image for its architecture */
	char image_line[LAB_NAME_BYTES]; /* "": the scenario's; an image of the lab's folder */
	char manufacturer[LAB_TEXT_BYTES];
	char product[LAB_TEXT_BYTES];
	char serial[LAB_TEXT_BYTES];
	char sku[LAB_TEXT_BYTES], board_serial[LAB_TEXT_BYTES], asset_tag[LAB_TEXT_BYTES];
	char uuid[37];
	char mac[18];
	char smbios[LAB_PATH_BYTES]; /* dmidecode --dump-bin of a machine; in place of the above */
	struct lab_dimm dimms[LAB_MAX_DIMMS]; /* together memory_mib; none: QEMU's own */
	size_t n_dimms;
	struct lab_wire wire;                 /* of the card that netboots */
	struct lab_disk disks[LAB_MAX_DISKS]; /* in the order in which the host sees them */
	size_t n_disks;
	enum boot_first boot_first;
	enum boot_disk boot_disk;
	struct lab_nic nics[LAB_MAX_NICS];
	size_t n_nics;
	unsigned power_cycles; /* after it became ready */
	struct lab_expect expect;
};

struct lab_action {
	char name[LAB_NAME_BYTES];
	enum lab_deed deed;
	char host[LAB_NAME_BYTES];  /* whose state is watched, and who is powered off */
	char state[LAB_NAME_BYTES]; /* when that host is in this lifecycle state */
	char detail
		[LAB_TEXT_BYTES]; /* and the server says this of it; may have '*'; "": anything */
	char during[LAB_TEXT_BYTES]; /* and its agent is at this; may have '*'; "": anything */
	char disk[LAB_NAME_BYTES];   /* its serial */
	char nic[18];                /* its MAC; "": the one that netboots */
	char dimm[LAB_NAME_BYTES];   /* its locator */
	int64_t rtc_wall_s;          /* set-clock */
	unsigned loss_percent;
	unsigned cpu;         /* machine-check: counted from 0 */
	unsigned written_mib; /* and its target disk holds this much */
	unsigned times;       /* done this often, a second or more apart */
	unsigned pause_s;     /* between times, and before power comes back */
};

struct scenario {
	char name[LAB_NAME_BYTES];
	char title[160];
	char continues[LAB_NAME_BYTES]; /* the scenario whose hosts and server this one goes on with
					 */
	unsigned timeout_s;
	enum dhcp_mode dhcp;
	bool appliance_off; /* while its hosts are power-cycled */
	char image_line[LAB_NAME_BYTES];
	/* Files of whoever wrote the scenario; a relative path begins at its folder. "": the lab's. */
	char folder[LAB_PATH_BYTES];
	char image_files[_LAB_ARCH_MAX][LAB_PATH_BYTES]; /* archives, of image_line */
	char trust_root[LAB_PATH_BYTES];                 /* of those who signed them */
	char profile[LAB_PATH_BYTES];  /* JSON; what it says is laid over the lab's profile */
	char ssh_user[LAB_NAME_BYTES]; /* who runs commands in guests */
	char tier[LAB_NAME_BYTES];
	unsigned cpu_s, memory_s, disk_s; /* burn-in limits */
	struct lab_host hosts[LAB_MAX_HOSTS];
	size_t n_hosts;
	struct lab_action actions[LAB_MAX_ACTIONS];
	size_t n_actions;
};

/* owns: *ret is the caller's. errors: ERR_LAB_SCENARIO with "file:line", ERR_NOT_FOUND. */
MUST_CHECK int scenario_load(const char *path, struct scenario **ret, struct err *err);
/* The same from text; name: the scenario's name, and `where` goes into messages. */
MUST_CHECK int scenario_parse(const char *name, const char *where, const char *text,
			      struct scenario **ret, struct err *err);
void scenario_free(struct scenario *s);
DEFINE_AUTO(scenario, struct scenario, scenario_free);

/* Take the machines of `base` into `s`, which continues it: hosts that `s` names keep their own
 * power cycles and expectations, all else but power cycles, the boots that come of them and commands is
 * the base's. errors: ERR_LAB_SCENARIO. */
MUST_CHECK int scenario_inherit(struct scenario *s, const struct scenario *base, struct err *err);

/* The path of a file that the scenario names. The caller frees. */
MUST_CHECK char *scenario_path(const struct scenario *s, const char *file);

/* The line of images that a host gets. */
const char *scenario_image_line(const struct scenario *s, const struct lab_host *h);

const struct lab_host *scenario_host(const struct scenario *s, const char *name);
/* Which of a host's disks is the target; every host of a scenario has one. */
size_t lab_host_target_index(const struct lab_host *h);
const struct lab_disk *lab_host_target(const struct lab_host *h);
/* The index of the disk with this serial; n_disks when there is none. */
size_t lab_host_disk_index(const struct lab_host *h, const char *serial);
/* Whether QEMU can take that disk away while the host runs: behind virtio-scsi it can. */
bool lab_host_can_unplug(const struct lab_host *h, const char *serial);
/* The card with this MAC: 0 for the one that netboots (also for ""), from 1 for the others, n_nics + 1 when
 * there is none. And what it hangs on. */
size_t lab_host_nic_index(const struct lab_host *h, const char *mac);
struct lab_wire *lab_host_wire(struct lab_host *h, size_t nic_index);
/* The slot of this name; n_dimms when there is none. */
size_t lab_host_dimm_index(const struct lab_host *h, const char *locator);

#endif
