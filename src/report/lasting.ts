import type { Sighting } from '../judge/observation.ts';
import { type Header, isIp } from '../packet/index.ts';

/** What counts packets, or is made from what the kernel draws, by protocol. */
const drawn: Readonly<Record<string, readonly string[]>> = {
  dhcp: ['yiaddr', 'requested'],
  esp: ['sequence'],
  lldp: ['chassis'],
  stp: ['root', 'bridge'],
  wireguard: ['counter'],
};

/** RFC 4291, section 2.5.6 and appendix A: a link-local address, and an interface's identifier that is made from its MAC. */
const fromMac = /^fe[89ab][0-9a-f]:|ff:fe[0-9a-f]{2}:[0-9a-f]{1,4}$/i;

/** RFC 4291, section 2.7.1: the group of all whose addresses end alike, which may be made from a MAC. */
const solicited = /^ff02::1:ff/i;

/** The headers of a packet without those of their fields that are others each time that a lab stands and a packet is sent. */
export const lasting = ({ headers, part }: Pick<Sighting, 'headers' | 'part'>): Header[] =>
  headers.map((header, i) => {
    const isOfTunnel = headers.slice(i + 1).some((each) => isIp(each) || each.protocol === 'ether');
    const taken = part === 'reply' && !isOfTunnel ? 'dst' : 'src';
    const isLasting = ([name, value]: [string, unknown]) =>
      !isDrawn(header, name, value) && !(hasPorts(header) && name === taken);
    return { ...header, fields: Object.fromEntries(Object.entries(header.fields).filter(isLasting)) };
  });

/** Who answers has the same port each time, as has the receiver of a tunnel; who asks takes any. */
const hasPorts = ({ protocol }: Header) => ['tcp', 'udp', 'sctp'].includes(protocol);

const isDrawn = ({ protocol }: Header, name: string, value: unknown): boolean =>
  drawn[protocol]?.includes(name) === true ||
  (['ip6', 'icmp6'].includes(protocol) && (fromMac.test(`${value}`) || solicited.test(`${value}`)));
