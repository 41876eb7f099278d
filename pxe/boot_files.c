/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file for whom. HW: snponly uses the firmware's own network driver: iPXE's native drivers
 * hang on several NICs. Architecture numbers: IANA "Processor Architecture Types" (RFC 5970);
 * firmware uses 9 where the registry means 7 and the other way round, so both get the same file.
 */
#include <pxe/boot_files.h>

#include <unistd.h>
#include <base/cleanup.h>
#include <base/str.h>

#define TOO_OLD   "this platform is not supported: take the machine out of the boot network"
#define USE_64    "use the firmware for 64 bits if the board has one; 32 bits are not supported"
#define USE_PXE   "set the firmware to network boot by PXE instead"
#define USE_EFI   "let the machine boot by UEFI: put UEFI firmware on it, or use bootefi in U-Boot"
#define NOT_BUILT "there are no boot files for this architecture in this version"

/* Rows with the same tag stand together. */
const struct boot_loader boot_loaders[] = {
	{0, "bios", "undionly.kpxe", false, "x86PC", "BIOS x86", NULL},
	{7, "efi64", "snponly-x86_64.efi", false, "BC_EFI", "UEFI x86-64", NULL},
	{9, "efi64", "snponly-x86_64.efi", false, "X86-64_EFI", "UEFI x86-64", NULL},
	{11, "arm64", "snponly-arm64.efi", false, "ARM64_EFI", "UEFI ARM64", NULL},
	{16, "http64", "snponly-x86_64.efi", true, NULL, "UEFI HTTP boot x86-64", NULL},
	{19, "httparm64", "snponly-arm64.efi", true, NULL, "UEFI HTTP boot ARM64", NULL},
	{1, "pc98", NULL, false, NULL, "NEC PC-98", TOO_OLD},
	{2, "ia64", NULL, false, NULL, "Itanium UEFI", TOO_OLD},
	{3, "alpha", NULL, false, NULL, "DEC Alpha", TOO_OLD},
	{4, "arcx86", NULL, false, NULL, "Arc x86", TOO_OLD},
	{5, "lean", NULL, false, NULL, "Intel Lean Client", TOO_OLD},
	{6, "efi32", NULL, false, NULL, "UEFI x86, 32 bits", USE_64},
	{8, "xscale", NULL, false, NULL, "UEFI Xscale", TOO_OLD},
	{10, "arm32", NULL, false, NULL, "UEFI ARM, 32 bits", USE_64},
	{12, "ppcof", NULL, false, NULL, "PowerPC Open Firmware", NOT_BUILT},
	{13, "ppcepapr", NULL, false, NULL, "PowerPC ePAPR", NOT_BUILT},
	{14, "opal", NULL, false, NULL, "POWER OPAL", NOT_BUILT},
	{15, "http32", NULL, true, NULL, "UEFI HTTP boot x86, 32 bits", USE_64},
	{17, "httpebc", NULL, true, NULL, "UEFI HTTP boot EBC", USE_PXE},
	{18, "httparm32", NULL, true, NULL, "UEFI HTTP boot ARM, 32 bits", USE_64},
	{20, "httpbios", NULL, true, NULL, "BIOS HTTP boot x86", USE_PXE},
	{21, "uboot32", NULL, false, NULL, "U-Boot ARM, 32 bits", USE_64},
	{22, "uboot64", NULL, false, NULL, "U-Boot ARM64", USE_EFI},
	{23, "httpuboot32", NULL, true, NULL, "U-Boot HTTP boot ARM, 32 bits", USE_64},
	{24, "httpuboot64", NULL, true, NULL, "U-Boot HTTP boot ARM64", USE_EFI},
	{25, "riscv32", NULL, false, NULL, "UEFI RISC-V, 32 bits", NOT_BUILT},
	{26, "httpriscv32", NULL, true, NULL, "UEFI HTTP boot RISC-V, 32 bits", NOT_BUILT},
	{27, "riscv64", NULL, false, NULL, "UEFI RISC-V, 64 bits", NOT_BUILT},
	{28, "httpriscv64", NULL, true, NULL, "UEFI HTTP boot RISC-V, 64 bits", NOT_BUILT},
	{29, "riscv128", NULL, false, NULL, "UEFI RISC-V, 128 bits", NOT_BUILT},
	{30, "httpriscv128", NULL, true, NULL, "UEFI HTTP boot RISC-V, 128 bits", NOT_BUILT},
	{31, "s390", NULL, false, NULL, "s390 Basic", NOT_BUILT},
	{32, "s390x", NULL, false, NULL, "s390 Extended", NOT_BUILT},
	{33, "mips32", NULL, false, NULL, "UEFI MIPS, 32 bits", NOT_BUILT},
	{34, "mips64", NULL, false, NULL, "UEFI MIPS, 64 bits", NOT_BUILT},
	{35, "sunway32", NULL, false, NULL, "UEFI Sunway, 32 bits", NOT_BUILT},
	{36, "sunway64", NULL, false, NULL, "UEFI Sunway, 64 bits", NOT_BUILT},
	{37, "loong32", NULL, false, NULL, "UEFI LoongArch, 32 bits", NOT_BUILT},
	{38, "httploong32", NULL, true, NULL, "UEFI HTTP boot LoongArch, 32 bits", NOT_BUILT},
	{39, "loong64", NULL, false, NULL, "UEFI LoongArch, 64 bits", NOT_BUILT},
	{40, "httploong64", NULL, true, NULL, "UEFI HTTP boot LoongArch, 64 bits", NOT_BUILT},
	{41, "rpiboot", NULL, false, NULL, "Raspberry Pi boot ROM", USE_EFI},
};
const size_t n_boot_loaders = ARRAY_LEN(boot_loaders);

const struct boot_loader *boot_loader_of(unsigned client_arch)
{
	for (size_t i = 0; i < n_boot_loaders; i++)
		if (boot_loaders[i].client_arch == client_arch)
			return &boot_loaders[i];
	return NULL;
}

bool boot_files_ready(const char *files_dir, enum boot_arch arch)
{
	static const char *const needed[] = {"vmlinuz", "ramdisk.img"};

	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		autofree char *path = xasprintf("%s/%s/%s", files_dir, boot_arch_str(arch),
						needed[i]);
		if (access(path, R_OK) != 0)
			return false;
	}
	return true;
}

bool boot_files_firmware(const char *files_dir, enum boot_arch arch)
{
	autofree char *path = xasprintf("%s/%s/firmware.cpio", files_dir, boot_arch_str(arch));

	return access(path, R_OK) == 0;
}
