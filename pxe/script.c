/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of iPXE scripts. Facts about iPXE that decide it: DHCP's file name is not expanded, only
 * commands in a script are, hence the bootstrap; `exit 1` makes UEFI firmware go on with the next
 * boot option, which is often the next way to netboot (PXEv6, HTTP: 60 s in EDK II) before any
 * disk, and on BIOS some firmware hangs on it, so the disk is started with sanboot first on both;
 * `sanboot` without --no-describe leaves an iBFT behind. On UEFI `--drive 0` tries every disk, in
 * the firmware's order; `--uuid` (of the GPT entry; iPXE of March 2024 and later) holds it to one.
 * On BIOS a drive that is not there or has no boot sector is an error at once, and the next is tried.
 */
#include <pxe/script.h>

#include <string.h>

#include <base/hw_id.h>

#define FIRST_BIOS_DRIVE 0x80U
#define LAST_BIOS_DRIVE  0xffU
#define TRIED_DRIVES     8U

/* The disk that was written, if its number is known; then those with a boot sector, in the BIOS's order. */
static void add_local_bios(struct str *out, unsigned drive)
{
	static const char line[] = "sanboot --no-describe --drive 0x%02x ||\n";

	if (drive >= FIRST_BIOS_DRIVE && drive <= LAST_BIOS_DRIVE)
		str_addf(out, line, drive);
	for (unsigned i = FIRST_BIOS_DRIVE; i < FIRST_BIOS_DRIVE + TRIED_DRIVES; i++)
		if (i != drive)
			str_addf(out, line, i);
	str_add(out, "echo Slipway: no disk could be started, trying the next boot device\n"
		     "exit 1\n");
}

/* esp_uuid: what was written to this host has its loader there, so that disk is tried before any
 * other that has one, too. */
static void add_local(struct str *out, const char *esp_uuid, unsigned bios_drive)
{
	char uuid[UUID_TEXT_BYTES];

	str_add(out, "iseq ${platform} efi && goto local_efi ||\n");
	add_local_bios(out, bios_drive);
	str_add(out,
		":local_efi\n"
		"iseq ${buildarch} arm64 && set loader BOOTAA64.EFI || set loader BOOTX64.EFI\n");
	if (esp_uuid && hw_uuid_parse(sv_of(esp_uuid), UUID_DASHED, uuid))
		str_addf(out,
			 "sanboot --no-describe --drive 0 --uuid %s --filename "
			 "\\EFI\\BOOT\\${loader} ||\n",
			 uuid);
	str_add(out, "sanboot --no-describe --drive 0 --filename \\EFI\\BOOT\\${loader} ||\n"
		     "exit 1\n");
}

void boot_bootstrap_write(struct str *out, const char *plain_url)
{
	str_add(out, "#!ipxe\n"
		     "# Written by slipwayd: asks what this host should boot.\n"
		     "set cpu i386\n"
		     "cpuid --ext 29 && set cpu lm ||\n"
		     "set n:int32 0\n"
		     ":ask\n");
	str_addf(out,
		 "chain --replace %s/boot/v1/script?mac=${netX/mac:hexhyp}&uuid=${uuid}"
		 "&serial=${serial:uristring}&manufacturer=${manufacturer:uristring}"
		 "&product=${product:uristring}&arch=${buildarch}&platform=${platform}&cpu=${cpu} "
		 "||\n",
		 plain_url);
	str_add(out, "inc n\n"
		     "iseq ${n} 20 && goto local ||\n"
		     "echo Slipway: the server does not answer (try ${n} of 20)\n"
		     "sleep 3\n"
		     "goto ask\n"
		     ":local\n"
		     "echo Slipway: no answer from the server, starting the local disk\n");
	add_local(out, NULL, 0);
}

static const struct {
	enum boot_arch arch;
	const char *console;
} consoles[] = {
	{BOOT_ARCH_X86_64, "ttyS0,115200"},
	{BOOT_ARCH_AARCH64, "ttyAMA0,115200"},
};

/* The last one is where init and the kernel's own console go. */
static const char *console_of(enum boot_arch arch, const struct boot_script_options *o)
{
	if (o->console && o->console[0])
		return o->console;
	for (size_t i = 0; i < ARRAY_LEN(consoles); i++)
		if (consoles[i].arch == arch)
			return consoles[i].console;
	return "ttyS0,115200";
}

static void add_initrd(struct str *out, const char *url, const char *path, const char *name)
{
	str_addf(out, "initrd --name %s %s/boot/files/%s%s || goto failed\n", name, url, path,
		 name);
}

/* initrd= names are for UEFI kernels whose loader lacks LoadFile2; others ignore them. */
static void add_agent(struct str *out, const struct boot_query *q,
		      const struct boot_script_options *o)
{
	enum boot_arch arch = boot_query_arch(q);
	char arch_path[16];

	snprintf(arch_path, sizeof(arch_path), "%s/", boot_arch_str(arch));
	str_addf(out,
		 "kernel %s/boot/files/%svmlinuz%s initrd=ramdisk.img initrd=site.cpio "
		 "console=tty0 console=%s quiet",
		 o->plain_url, arch_path, o->firmware_cpio ? " initrd=firmware.cpio" : "",
		 console_of(arch, o));
	str_addf(out, " slipway.server=%s slipway.plain=%s slipway.pin=%s slipway.boot=%s",
		 o->server_url, o->plain_url, o->pin, o->boot_id);
	if (q->mac[0])
		str_addf(out, " slipway.mac=%s", q->mac);
	str_addf(out, "%s%s || goto failed\n", o->kernel_args && o->kernel_args[0] ? " " : "",
		 o->kernel_args ? o->kernel_args : "");
	/* the kernel finds the processors' microcode only at the very beginning */
	if (o->firmware_cpio)
		add_initrd(out, o->plain_url, arch_path, "firmware.cpio");
	add_initrd(out, o->plain_url, arch_path, "ramdisk.img");
	add_initrd(out, o->plain_url, "", "site.cpio");
	str_add(out, "boot || goto failed\n"
		     ":failed\n"
		     "echo Slipway: the agent could not be started, asking again in 5 s\n"
		     "imgfree\n"
		     "sleep 5\n");
	str_addf(out, "chain --replace %s/boot/v1/ipxe || exit 1\n", o->plain_url);
}

void boot_script_write(struct str *out, const struct boot_query *q,
		       const struct boot_answer *answer, const struct boot_script_options *o)
{
	str_addf(out, "#!ipxe\necho Slipway: %s\n", answer->why);
	if (answer->action == BOOT_AGENT) {
		str_add(out, "echo Slipway: starting the agent\n");
		add_agent(out, q, o);
	} else {
		str_add(out, "echo Slipway: starting the local disk\n");
		add_local(out, o->esp_uuid, o->bios_drive);
	}
}
