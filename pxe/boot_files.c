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

const struct boot_loader boot_loaders[] = {
	{0, "bios", "undionly.kpxe", false, "x86PC", "BIOS x86"},
	{7, "efi64", "snponly-x86_64.efi", false, "BC_EFI", "UEFI x86-64"},
	{9, "efi64", "snponly-x86_64.efi", false, "X86-64_EFI", "UEFI x86-64"},
	{11, "arm64", "snponly-arm64.efi", false, "ARM64_EFI", "UEFI ARM64"},
	{16, "http64", "snponly-x86_64.efi", true, NULL, "UEFI HTTP boot x86-64"},
	{19, "httparm64", "snponly-arm64.efi", true, NULL, "UEFI HTTP boot ARM64"},
};
const size_t n_boot_loaders = ARRAY_LEN(boot_loaders);

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
