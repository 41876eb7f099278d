/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a column of a delivery may hold, where it is kept, and under which headings vendors write it.
 * Words are folded as csv_columns.c folds headings.
 */
#include "delivery_row.h"

#include <base/cleanup.h>

#include "spreadsheet.h"

#define ID                                                                                         \
	(DAMAGE_ERROR | DAMAGE_POWER | DAMAGE_NUMBER | DAMAGE_DATE | DAMAGE_MONTH |                \
	 DAMAGE_GROUPED | DAMAGE_MARK)
#define LABEL (DAMAGE_ERROR | DAMAGE_MONTH | DAMAGE_POWER | DAMAGE_MARK)

const struct delivery_column delivery_columns[] = {
	{"serial", COLUMN_TEXT, ROW_SERIAL, ID, "serial", NULL,
	 "serials serialnumber serialnumbers serialno serialnr serialnum serno sn servicetag svctag dellservicetag "
	 "systemserial systemserialnumber systemsn hostserial serverserial serverserialnumber serversn "
	 "productserial productserialnumber nodeserial nodeserialnumber nodesn machineserial "
	 "machineserialnumber machinesn deviceserial deviceserialnumber devicesn unitserial "
	 "unitserialnumber unitsn hostsn hostserialnumber productsn equipmentserial "
	 "equipmentserialnumber hardwareserial hardwareserialnumber hwserial hwserialnumber "
	 "itemserial itemserialnumber serialnbr serialn ser srno snr seriennummer seriennr "
	 "numrodesrie nodesrie ndesrie nmerodeserie nserie "
	 "numerodiserie serienummer numerseryjny numerodeserie serverseriennummer serverseriennr "
	 "systemseriennummer gerateseriennummer geraeteseriennummer gerateseriennr maschinenseriennummer "
	 "nodeserie ndeserie nserie numserie numdeserie numeroserie numerodeserieduserveur "
	 "systemenumerodeserie"},
	{"macs", COLUMN_MACS, _ROW_TEXTS, ID, "macs", NULL,
	 "mac macaddr macaddress macaddresses nicmac nicmacaddress nicportmac nicportmacaddress portmac "
	 "portmacaddress lanmac lanmacaddress lommac lommacaddress bootmac bootmacaddress pxemac "
	 "pxemacaddress ethmac ethmacaddress ethernetmac ethernetmacaddress ethernetaddress "
	 "onboardmac onboardmacaddress embeddedmac embeddednicmac embeddednicmacaddress systemmac "
	 "systemmacaddress servermac servermacaddress hostmac hostmacaddress primarymac "
	 "primarymacaddress basemac basemacaddress hardwareaddress hardwareadresse physicaladdress "
	 "physikalischeadresse adressephysique adressematerielle"},
	{"bmc_mac", COLUMN_MAC, ROW_BMC_MAC, ID, "bmc_mac", NULL,
	 "bmcmacaddress bmcmacaddr bmclanmac bmclanmacaddress ipmimac ipmimacaddress ipmimacaddr "
	 "ipmilanmac idracmac idracmacaddress idracnicmac idracnicmacaddress ilomac ilomacaddress "
	 "xccmac xccmacaddress xclaritymac xclaritymacaddress immmac immmacaddress irmcmac "
	 "irmcmacaddress cimcmac cimcmacaddress oobmac oobmacaddress mgmtmac mgmtmacaddress "
	 "mgmtmacaddr managementmac managementmacaddress"},
	{"uuid", COLUMN_UUID, ROW_UUID, ID, "uuid", NULL,
	 "uuidsysteme systemuuid smbiosuuid serveruuid guid systemguid smbiosguid"},
	{"chassis", COLUMN_TEXT, ROW_CHASSIS, ID, "chassis", NULL,
	 "chassisseriennummer chassisseriennr gehauseseriennummer gehaeuseseriennummer "
	 "numerodeserieduchassis ndeserieduchassis chassisserial chassisserialnumber chassissn chassisservicetag enclosure enclosureserial "
	 "enclosureserialnumber enclosuresn enclosureservicetag"},
	{"sku", COLUMN_TEXT, ROW_SKU, ID, "sku", "sku", "skuname"},
	{"site", COLUMN_TEXT, ROW_SITE, LABEL, "site", "site",
	 "datacenter datacentre dc standort rechenzentrum rz centrededonnees"},
	{"row", COLUMN_TEXT, ROW_RACK_ROW, LABEL, "rack_row", "row",
	 "rackrow aisle reihe rackreihe schrankreihe rangee"},
	{"rack", COLUMN_TEXT, ROW_RACK, LABEL, "rack", "rack",
	 "rackname rackid rackno racknr racknumber racknummer cabinet schrank schranknummer "
	 "schranknr baie armoire"},
	{"unit", COLUMN_UNIT, _ROW_TEXTS, 0, "rack_unit", "unit",
	 "rackunit racku u ru position rackposition startunit uposition he hoheneinheit "
	 "hoeheneinheit heposition rackhe positionu positionhe unite"},
	{"asset_tag", COLUMN_TEXT, ROW_ASSET_TAG, ID, "asset_tag", "asset_tag",
	 "asset assetnumber assetid assetno inventorynumber inventoryno inventorynr inventarnummer "
	 "inventarnr anlagennummer anlagennr numerodinventaire ndinventaire nodinventaire "
	 "etiquettedinventaire"},
	{"switch", COLUMN_TEXT, ROW_SWITCH, LABEL, "switch_name", NULL,
	 "switchname tor torswitch commutateur"},
	{"port", COLUMN_TEXT, ROW_PORT, LABEL, "switch_port", NULL,
	 "switchport torport portdeswitch portduswitch portducommutateur portcommutateur"},
	{"name", COLUMN_TEXT, ROW_NAME, LABEL | DAMAGE_NUMBER, NULL, "name",
	 "hostname host servername fqdn rechnername geratename geraetename nomdhote nomduserveur"},
	{"quantity", COLUMN_QUANTITY, _ROW_TEXTS, 0, NULL, NULL,
	 "qty quantities count pcs pieces units menge anzahl stueck stk stuck stuckzahl stueckzahl "
	 "quantite qte"},
};
const size_t n_delivery_columns = ARRAY_LEN(delivery_columns);
