/** A network interface, as rtnetlink(7) describes it. */
export interface Interface {
  index: number;
  name: string;
  /** What the kernel calls its link layer (ARPHRD_*, if_arp.h). */
  hardwareType: number;
  /** `02:42:0a:00:00:01`; empty where it has none. */
  address: string;
  /** Whether it is switched on. */
  isOn: boolean;
  /** Whether it can pass packets (RFC 2863, ifOperStatus up). */
  isUp: boolean;
  /** Whether the kernel sends by it (IFF_RUNNING, netdevice(7)): it is up, or of a kind that does not say. */
  isRunning: boolean;
  /** Whether its driver has a carrier (IFF_LOWER_UP, netdevice(7)): a cable that is plugged in at both ends. */
  hasCarrier: boolean;
  /** Bytes of the largest packet that it takes, its link header not counted. */
  mtu: number;
  /** What kind of virtual device it is: `veth`, `bridge`, `vlan`; a physical card and `lo` are none. */
  kind?: string;
  /**
   * The device that it stands on, or a veth's other end (IFLA_LINK). `netnsid` is what its own namespace calls the
   * namespace of that device (see `netnsIds`); without, it is in the same.
   */
  link?: { index: number; netnsid?: number };
  /** Index of the device that it is a part of, in the same namespace. */
  master?: number;
  /** What kind that device is: `bridge`, `vrf`, `bond`. */
  masterKind?: string;
  /** A bridge's port: 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking (BR_STATE_*, linux/if_bridge.h). */
  portState?: number;
  /** A bond: after how many milliseconds it looks at its ports' carriers again; 0 never (miimon, linux/bonding.rst). */
  miimon?: number;
  /** A bond's port, as the bond takes it: 0 up, 1 failing, 2 down, 3 coming back (BOND_LINK_*, net/bonding.h). */
  miiStatus?: number;
}

// linux/rtnetlink.h, linux/if_link.h, linux/if.h
const RTM_NEWLINK = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_LINK_NETNSID = 37;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const IFLA_BRPORT_STATE = 1;
const IFLA_BOND_MIIMON = 3;
const IFLA_BOND_SLAVE_MII_STATUS = 2;
const IFF_UP = 1;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x10000;
const IF_OPER_UP = 6;

const aligned = (length: number) => (length + 3) & ~3;

/** The interfaces that a dump of links lists; what cannot be read of it is left out. */
export function interfaces(dump: Buffer): Interface[] {
  const list: Interface[] = [];
  for (let at = 0; at + 16 <= dump.length; ) {
    const length = dump.readUInt32LE(at);
    if (length < 16 || at + length > dump.length) break;
    if (dump.readUInt16LE(at + 4) === RTM_NEWLINK && length >= 32) list.push(link(dump.subarray(at + 16, at + length)));
    at += aligned(length);
  }
  return list;
}

/** struct ifinfomsg: family, pad, type (16 bits), index, flags, change (32 bits each); then attributes. */
function link(message: Buffer): Interface {
  const given = attributes(message.subarray(16));
  const info = nested(given, IFLA_LINKINFO);
  const index = message.readUInt32LE(4);
  const flags = message.readUInt32LE(8);
  const kind = text(info.get(IFLA_INFO_KIND));
  const below = linked(index, given);
  const master = number(given.get(IFLA_MASTER));
  const masterKind = text(info.get(IFLA_INFO_SLAVE_KIND));
  const ofPort = nested(info, IFLA_INFO_SLAVE_DATA);
  const portState = masterKind === 'bridge' ? ofPort.get(IFLA_BRPORT_STATE)?.[0] : undefined;
  const miiStatus = masterKind === 'bond' ? ofPort.get(IFLA_BOND_SLAVE_MII_STATUS)?.[0] : undefined;
  const miimon = kind === 'bond' ? number(nested(info, IFLA_INFO_DATA).get(IFLA_BOND_MIIMON)) : undefined;
  return {
    index,
    name: text(given.get(IFLA_IFNAME)),
    hardwareType: message.readUInt16LE(2),
    address: [...(given.get(IFLA_ADDRESS) ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    isOn: (flags & IFF_UP) !== 0,
    isUp: given.get(IFLA_OPERSTATE)?.[0] === IF_OPER_UP,
    isRunning: (flags & IFF_RUNNING) !== 0,
    hasCarrier: (flags & IFF_LOWER_UP) !== 0,
    mtu: number(given.get(IFLA_MTU)) ?? 0,
    ...(kind && { kind }),
    ...(below && { link: below }),
    ...(master && { master }),
    ...(masterKind && { masterKind }),
    ...(portState !== undefined && { portState }),
    ...(miimon !== undefined && { miimon }),
    ...(miiStatus !== undefined && { miiStatus }),
  };
}

/** The kernel says of a device that stands on nothing that it stands on itself, or on 0. */
function linked(own: number, given: Map<number, Buffer>): Interface['link'] {
  const index = number(given.get(IFLA_LINK));
  const netnsid = number(given.get(IFLA_LINK_NETNSID));
  if (!index || (index === own && netnsid === undefined)) return undefined;
  return { index, ...(netnsid !== undefined && { netnsid }) };
}

const number = (bytes: Buffer | undefined) => (bytes && bytes.length >= 4 ? bytes.readInt32LE() : undefined);

const nested = (given: Map<number, Buffer>, type: number) => attributes(given.get(type) ?? Buffer.alloc(0));

const text = (bytes: Buffer | undefined) => bytes?.toString().replace(/\0.*$/s, '') ?? '';

/** The top two bits of an attribute's type are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
function attributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}
