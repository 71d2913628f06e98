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
  /** What it is a part of, if anything: `bridge`. */
  partOf?: string;
}

// linux/rtnetlink.h, linux/if_link.h, linux/if.h
const RTM_NEWLINK = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_INFO_SLAVE_KIND = 4;
const IFF_UP = 1;
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
  const info = attributes(given.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  const partOf = text(info.get(IFLA_INFO_SLAVE_KIND));
  return {
    index: message.readUInt32LE(4),
    name: text(given.get(IFLA_IFNAME)),
    hardwareType: message.readUInt16LE(2),
    address: [...(given.get(IFLA_ADDRESS) ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    isOn: (message.readUInt32LE(8) & IFF_UP) !== 0,
    isUp: given.get(IFLA_OPERSTATE)?.[0] === IF_OPER_UP,
    ...(partOf && { partOf }),
  };
}

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
