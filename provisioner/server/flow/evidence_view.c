/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views of evidence; see evidence_view.h. Input: a decoded message, so its lists have their limits.
 */
#include "evidence_view.h"

void evidence_view_of(const struct evidence *e, struct evidence_view *v)
{
	for (size_t i = 0; i < e->macs.n; i++)
		v->macs[i] = e->macs.items[i].s;
	for (size_t i = 0; i < e->disks.n; i++)
		v->disks[i] = (struct host_evidence_disk){e->disks.items[i].wwn,
							  e->disks.items[i].serial};
	v->host = (struct host_evidence){
		.smbios_uuid = e->smbios_uuid,
		.system_serial = e->system_serial,
		.board_serial = e->board_serial,
		.chassis_serial = e->chassis_serial,
		.manufacturer = e->manufacturer,
		.product = e->product,
		.tpm_ek_sha256 = e->tpm_ek_sha256,
		.macs = v->macs,
		.n_macs = e->macs.n,
		.disks = v->disks,
		.n_disks = e->disks.n,
	};
}
