/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a memory module sits: the kernel's labels ("CPU_SrcID#0_MC#1_Chan#2_DIMM#0",
 * "mc#0csrow#2channel#0") and the names that SMBIOS and the board print ("CPU1_DIMM_A1", "NODE 1")
 * brought to the same numbers, so that a counter of the kernel finds the module that a technician
 * can pull. The rules for board families are rows in dimm_locator.c.
 *
 * How to add a board family: 1. a row in dimm_locator.c. 2. a row with the words of a real board in
 * tests/unit/burnin/test_dimm.c.
 */
#ifndef BURNIN_DIMM_H
#define BURNIN_DIMM_H

#include <stdbool.h>
#include <stddef.h>
#include <base/vec.h>

#define DIMM_UNKNOWN (-1)

/* All count from 0; DIMM_UNKNOWN where the words do not say. */
struct dimm_place {
	int socket;
	int controller; /* within its socket for labels that name a socket, else the kernel's mcN */
	int channel;    /* within its controller, or within its socket in names of boards */
	int slot;       /* within its channel */
	int csrow;      /* chip-select row: the kernel's layout of older and AMD drivers */
	bool per_socket; /* controller counts from 0 in each socket */
};
#define DIMM_NOWHERE                                                                               \
	((struct dimm_place){DIMM_UNKNOWN, DIMM_UNKNOWN, DIMM_UNKNOWN, DIMM_UNKNOWN, DIMM_UNKNOWN, \
			     false})

/* The kernel's label. false, and nowhere, when it is not of a known form (a name that somebody gave
 * it, or firmware's own). trust: any text. */
bool dimm_place_of_label(const char *label, struct dimm_place *ret);

/* A slot as SMBIOS type 17 names it. */
struct dimm_slot {
	const char *device, *bank; /* locators */
	bool populated;
	struct dimm_place place; /* filled by dimm_slots_place() */
};
struct dimm_board {
	const char *manufacturer; /* of the system; "" if not known */
	size_t n_sockets;         /* with a processor; 0: not known */
	int first_socket; /* the number that processors' names start with, or DIMM_UNKNOWN */
};
/* Read all names of a board together: whether its numbers start at 0 or 1, and whether letters go
 * on in the second socket, shows only then. Empty slots count. What the names contradict stays
 * unknown. */
void dimm_slots_place(struct dimm_slot *slots, size_t n, const struct dimm_board *board);
/* The number that the names of processors ("CPU0", "Proc 1") start with; DIMM_UNKNOWN where one has
 * none, or two have the same. */
int dimm_first_socket(const char *const *names, size_t n);

/* A counter of a memory controller's driver: which module it speaks about, as far as the kernel
 * knows. */
struct edac_place {
	char label[64]; /* the kernel's, "" for errors of a controller without a module */
	struct dimm_place place;
	int device_number; /* of ghes_edac: among SMBIOS type 17, from 1; 0: not known */
	int n_controllers; /* of the whole host; 0: not known, or their numbers have gaps */
	int n_channels;    /* of this controller, or 0 */
	bool amd;          /* chip-select rows 2n and 2n + 1 are module n of a channel */
};

#endif
