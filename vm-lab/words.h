/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab's vocabulary: one X-macro list a word kind gives the enum, its text and its parser, so a
 * word in a scenario file, in the report and in the code is always the same word.
 *
 * How to add a word: add a row here and handle it where the compiler then says it is missing.
 */
#ifndef LAB_WORDS_H
#define LAB_WORDS_H

#include <stdbool.h>

#define LAB_ARCH_WORDS(X)                                                                          \
	X(ARCH_X86_64, "x86_64")                                                                   \
	X(ARCH_AARCH64, "aarch64")

#define LAB_FIRMWARE_WORDS(X)                                                                      \
	X(FIRMWARE_BIOS, "bios")                                                                   \
	X(FIRMWARE_UEFI, "uefi")

/* How the machine's firmware asks the network for its loader. */
#define LAB_NETBOOT_WORDS(X)                                                                       \
	X(NETBOOT_PXE, "pxe")   /* DHCP and TFTP */                                                \
	X(NETBOOT_HTTP, "http") /* UEFI HTTP boot, and no PXE at all */

/* target: the disk that the profile chooses; decoy: known content that nobody may touch. */
#define DISK_ROLE_WORDS(X)                                                                         \
	X(DISK_TARGET, "target")                                                                   \
	X(DISK_DECOY, "decoy")

/* What a disk is attached to. */
#define DISK_BUS_WORDS(X)                                                                          \
	X(BUS_VIRTIO, "virtio") /* virtio-blk */                                                   \
	X(BUS_SATA, "sata")     /* AHCI */                                                         \
	X(BUS_SCSI, "scsi")     /* virtio-scsi */                                                  \
	X(BUS_NVME, "nvme")                                                                        \
	X(BUS_MEGASAS, "megasas") /* a RAID card's driver */                                       \
	X(BUS_PVSCSI, "pvscsi")                                                                    \
	X(BUS_USB, "usb")   /* xHCI and a stick */                                                 \
	X(BUS_SD, "sd")     /* a card in a slot */                                                 \
	X(BUS_EMMC, "emmc") /* a soldered chip; QEMU 9.1 is the first to have one */

/* What the firmware tries first. */
#define BOOT_FIRST_WORDS(X)                                                                        \
	X(BOOT_NETWORK_FIRST, "network")                                                           \
	X(BOOT_DISK_FIRST, "disk")         /* the network when no disk starts */                   \
	X(BOOT_FIRMWARE_FIRST, "firmware") /* it is told nothing: its own order, its own memory */

/* Which disk the firmware starts when the network has sent the host away. */
#define BOOT_DISK_WORDS(X)                                                                         \
	X(BOOT_DISK_TARGET, "target")     /* the lab says so to the firmware */                    \
	X(BOOT_DISK_FIRMWARE, "firmware") /* its own order: the first one */

/* What is wrong with a disk from power-on. */
#define DISK_FAULT_WORDS(X)                                                                        \
	X(DISK_FAULT_NONE, "none")                                                                 \
	X(DISK_FAULT_READ_ERROR, "read-error")       /* its sector 2048 cannot be read */          \
	X(DISK_FAULT_SMART_WARNING, "smart-warning") /* NVMe: reliability degraded */              \
	X(DISK_FAULT_SLOW, "slow")                   /* 4 MiB/s */

/* What must have become of the target disk. */
#define TARGET_FATE_WORDS(X)                                                                       \
	X(TARGET_ANY, "any")               /* not looked at */                                     \
	X(TARGET_IMAGED, "imaged")         /* has a partition table and boot sectors */            \
	X(TARGET_UNTOUCHED, "untouched")   /* byte for byte as at power-on */                      \
	X(TARGET_UNBOOTABLE, "unbootable") /* neither partition table nor boot sector */           \
	X(TARGET_BLANK, "blank")           /* zeros from end to end, after it was written */

#define DHCP_MODE_WORDS(X)                                                                         \
	X(DHCP_FULL, "full")   /* slipwayd's dnsmasq gives addresses */                            \
	X(DHCP_PROXY, "proxy") /* the lab runs the site's own DHCP server beside it */             \
	X(DHCP_OFF, "off")     /* the site's own server and TFTP do all, slipwayd none of it */

/* What is changed in the server's object store after the import, as an attacker there would. */
#define TAMPER_WORDS(X)                                                                            \
	X(TAMPER_NONE, "none")                                                                     \
	X(TAMPER_MANIFEST, "manifest")           /* a byte of the signed manifest */               \
	X(TAMPER_TABLE, "table")                 /* a byte of every chunk table */                 \
	X(TAMPER_PAYLOAD_FIRST, "payload-first") /* a byte near the start of every payload */      \
	X(TAMPER_PAYLOAD_LAST, "payload-last")   /* a byte near the end of every payload */

#define LAB_DEED_WORDS(X)                                                                          \
	X(DEED_KILL_SLIPWAYD, "kill-slipwayd")                                                     \
	X(DEED_KILL_DNSMASQ, "kill-dnsmasq")                                                       \
	X(DEED_KILL_NGINX, "kill-nginx")                                                           \
	X(DEED_POWER_OFF, "power-off")                                                             \
	X(DEED_POWER_CYCLE, "power-cycle")                                                         \
	X(DEED_ERASE, "erase") /* ask for the target disk to be erased, then power-cycle */        \
	X(DEED_RESET, "reset") /* the reset button */                                              \
	X(DEED_POWER_BUTTON, "power-button") /* pressed: the system is asked to shut down */       \
	X(DEED_NMI, "nmi")                   /* the button that servers have for it */             \
	X(DEED_FREEZE, "freeze") /* its CPUs stand still, for pause_s if that is given */          \
	X(DEED_MACHINE_CHECK, "machine-check") /* a corrected one, in the CPU named */             \
	X(DEED_PULL_CABLE, "pull-cable")       /* of the NIC named, for pause_s */                 \
	X(DEED_LINK_DOWN, "link-down")         /* of the NIC named, for good */                    \
	X(DEED_LINK_UP, "link-up")                                                                 \
	X(DEED_LOSE_PACKETS, "lose-packets") /* on the NIC named, loss_percent of them */          \
	X(DEED_UNPLUG_DISK, "unplug-disk")   /* the disk named is pulled out of its bay */         \
	X(DEED_SLOW_DISK, "slow-disk")       /* the disk named is slow from now on */              \
	X(DEED_SWAP_DISK, "swap-disk")       /* a new one for the disk named, then power-cycle */  \
	X(DEED_SWAP_DISKS, "swap-disks")     /* good disks for its bad ones, then power-cycle */   \
	X(DEED_PULL_DIMM, "pull-dimm")       /* out of the slot named, then power-cycle */         \
	X(DEED_SET_CLOCK, "set-clock")       /* its RTC, then power-cycle */

#define LAB_ENUM(value, text) value,
enum lab_arch { LAB_ARCH_WORDS(LAB_ENUM) _LAB_ARCH_MAX };
enum lab_firmware { LAB_FIRMWARE_WORDS(LAB_ENUM) _LAB_FIRMWARE_MAX };
enum lab_netboot { LAB_NETBOOT_WORDS(LAB_ENUM) _LAB_NETBOOT_MAX };
enum disk_role { DISK_ROLE_WORDS(LAB_ENUM) _DISK_ROLE_MAX };
enum disk_bus { DISK_BUS_WORDS(LAB_ENUM) _DISK_BUS_MAX };
enum boot_first { BOOT_FIRST_WORDS(LAB_ENUM) _BOOT_FIRST_MAX };
enum boot_disk { BOOT_DISK_WORDS(LAB_ENUM) _BOOT_DISK_MAX };
enum disk_fault { DISK_FAULT_WORDS(LAB_ENUM) _DISK_FAULT_MAX };
enum target_fate { TARGET_FATE_WORDS(LAB_ENUM) _TARGET_FATE_MAX };
enum dhcp_mode { DHCP_MODE_WORDS(LAB_ENUM) _DHCP_MODE_MAX };
enum tamper { TAMPER_WORDS(LAB_ENUM) _TAMPER_MAX };
enum lab_deed { LAB_DEED_WORDS(LAB_ENUM) _LAB_DEED_MAX };
#undef LAB_ENUM

struct word_list {
	const char *what; /* for messages: "arch" */
	const char *const *words;
	int n;
};
extern const struct word_list lab_arch_words, lab_firmware_words, lab_netboot_words,
	disk_role_words, disk_bus_words, boot_first_words, boot_disk_words, disk_fault_words,
	target_fate_words, dhcp_mode_words, tamper_words, lab_deed_words;

/* The text of a value; the value must be in the list. */
const char *word_str(const struct word_list *list, int value);
/* The value of a text, or -1. */
int word_parse(const struct word_list *list, const char *text);

#endif
