// SPDX-License-Identifier: Apache-2.0
// What is in the host: system, processors, memory by slot (an empty slot is a fact, too), drives,
// network cards with what their switch says. Names are Redfish's; unknown is left out.
import { html } from "./html.js";
import { api } from "./api.js";
import { usePoll } from "./hooks.js";
import { dataOn, driveSize, mebibytes } from "./words.js";
import { Cell, Known, Problem } from "./parts.js";

function Table({ title, head, rows }) {
	if (!rows.length) return null;
	return html`<section>
		<h2>${title}</h2>
		<div class="scroll"><table>
			<caption class="hidden">${title}</caption>
			<thead><tr>${head.map((c) => html`<th scope="col">${c}</th>`)}</tr></thead>
			<tbody>${rows.map((r) => html`<tr class=${r.tone || ""}>
				${r.cells.map((c, i) => html`<${Cell} label=${head[i]}>${c === undefined || c === "" ? "–" : c}<//>`)}
			</tr>`)}</tbody>
		</table></div>
	</section>`;
}

const list = (value) => (Array.isArray(value) ? value.filter((v) => v && typeof v === "object") : []);
const mono = (text) => (text ? html`<span class="mono">${text}</span>` : "");

function driveRows(drives) {
	return drives.map((d) => ({
		cells: [
			mono(d.Name),
			[d.Manufacturer, d.Model].filter(Boolean).join(" "),
			driveSize(d.CapacityBytes),
			[d.Protocol, d.MediaType, d.Removable ? "removable" : ""].filter(Boolean).join(" "),
			mono(d.SerialNumber),
			mono(d.WWN),
			d.Slot,
			dataOn(d),
		],
	}));
}

/* A module that the firmware turned off has no size, but a part or serial number. */
function moduleSize(m) {
	if (m.CapacityMiB > 0) return mebibytes(m.CapacityMiB);
	return m.SerialNumber || m.PartNumber ? "not known" : "empty";
}

function memoryRows(modules) {
	return modules.map((m) => {
		const size = moduleSize(m);
		return {
			tone: size === "empty" ? "absent" : "",
			cells: [
				[m.DeviceLocator, m.BankLocator].filter(Boolean).join(" · "),
				size,
				[m.MemoryDeviceType, m.OperatingSpeedMhz ? `${m.OperatingSpeedMhz} MHz` : ""].filter(Boolean).join(" "),
				[m.Manufacturer, m.PartNumber].filter(Boolean).join(" "),
				mono(m.SerialNumber),
			],
		};
	});
}

function processorRows(processors) {
	return processors.map((p) => ({
		cells: [
			p.Socket,
			[p.Manufacturer, p.Model].filter(Boolean).join(" "),
			p.TotalCores,
			p.TotalThreads,
			p.MaxSpeedMHz ? `${p.MaxSpeedMHz} MHz` : "",
		],
	}));
}

function nicRows(nics) {
	return nics.map((n) => ({
		tone: n.LinkUp === false ? "absent" : "",
		cells: [
			mono(n.Name),
			mono(n.MACAddress),
			n.LinkUp === undefined ? "" : n.LinkUp ? `up${n.SpeedMbps ? `, ${n.SpeedMbps} Mbit/s` : ""}` : "no link",
			n.lldp ? [n.lldp.SysName, n.lldp.PortId].filter(Boolean).join(" port ") : "",
			[n.Driver, n.Firmware].filter(Boolean).join(" "),
			mono(n.PciAddress),
		],
	}));
}

export function Machine({ facts }) {
	const s = facts.system || {};
	const b = facts.board || {};
	const boot = facts.boot || {};
	const tpm = facts.tpm || {};
	const cpus = list(facts.processors);
	return html`<${Known}
		rows=${[
			["Manufacturer", s.Manufacturer],
			["Model", s.Model],
			["Vendor SKU", s.SKU],
			["Asset tag", s.AssetTag],
			["Board", [b.Manufacturer, b.Model, b.SerialNumber].filter(Boolean).join(" ")],
			["Firmware", [boot.firmware, s.BiosVersion, s.BiosDate].filter(Boolean).join(", ")],
			["Secure Boot", boot.secure_boot === undefined ? "" : boot.secure_boot ? "on" : "off"],
			["TPM", tpm.present === undefined ? "" : tpm.present ? tpm.version || "present" : "none"],
			["Processors", cpus.length ? `${cpus.length} × ${cpus[0].Model || "unknown"}` : ""],
			["Memory", facts.memory && mebibytes(facts.memory.TotalMiB)],
		]}
	/>`;
}

// The facts document of a host, asked for again when the host changes; what the host's own row
// knows until it comes. A host without one (404) is not an error.
export function useFacts(host) {
	const id = host ? host.id : "";
	const ask = (signal) => (id ? api.get(`/hosts/${encodeURIComponent(id)}/facts`, { signal }) : null);
	const poll = usePoll(`facts ${id} ${host ? host.revision : ""}`, ask, 30000);
	const value = poll.value && typeof poll.value === "object" ? poll.value : { drives: host && host.drives, nics: host && host.nics };
	return { value, error: poll.error && poll.error.status !== 404 ? poll.error : null };
}

export function Facts({ facts, error }) {
	return html`
		<${Problem} error=${error} />
		<${Table}
			title="Drives"
			head=${["Name", "Model", "Size", "Kind", "Serial", "WWN", "Slot", "Data"]}
			rows=${driveRows(list(facts.drives))}
		/>
		<${Table}
			title="Memory by slot"
			head=${["Slot", "Size", "Kind", "Part", "Serial"]}
			rows=${memoryRows(list(facts.memory && facts.memory.modules))}
		/>
		<${Table}
			title="Processors"
			head=${["Socket", "Model", "Cores", "Threads", "Speed"]}
			rows=${processorRows(list(facts.processors))}
		/>
		<${Table}
			title="Network"
			head=${["Name", "MAC", "Link", "Switch", "Driver", "PCI"]}
			rows=${nicRows(list(facts.nics))}
		/>
	`;
}
