import { type Header, isIcmp, isIp, ttlOf } from '../packet/index.ts';
import { briefText, headerBrief } from './brief.ts';
import { layers } from './layers.ts';

type Fields = Header['fields'];

/** What a packet is when it is first seen, in a line. */
export const beginning = (headers: readonly Header[]): string => briefText(headers);

/** What became of a packet between two sightings of it, in a few words each; `macs` names the interfaces of MAC addresses. */
export function changes(
  before: readonly Header[],
  now: readonly Header[],
  macs: Readonly<Record<string, string>> = {},
): string[] {
  return [...wrappings(before, now), ...innerChanges(before, now), ...newMac(before, now, macs)];
}

const ips = (headers: readonly Header[]) => headers.filter(isIp);

const depthOf = (headers: readonly Header[]) => ips(headers).length;

/** How it was wrapped in a tunnel, or unwrapped, or what became of the tunnel's own packet. */
function wrappings(before: readonly Header[], now: readonly Header[]): string[] {
  const [was, is] = [depthOf(before), depthOf(now)];
  if (is > was) return [`wrapped in ${outside(now, is - was)}`];
  if (is < was) return [`unwrapped: ${outside(before, was - is, true)} is off`];
  if (is < 2) return carriers(before, now);
  const [outerWas, outerIs] = [ips(before)[0]!.fields, ips(now)[0]!.fields];
  return addressChanges(outerWas, outerIs).map((text) => `outer ${text}`);
}

/** A packet whose headers cannot be read any more, for a program carries it as its own words. */
function carriers(before: readonly Header[], now: readonly Header[]): string[] {
  const [was, is] = [before, now].map((headers) => headers.findLast(({ protocol }) => transports.has(protocol)));
  if (!was || !is || was.protocol === is.protocol || isIcmp(is)) return [];
  return [`carried as the words of another packet: ${briefText(now)}`];
}

const transports = new Set(['icmp', 'icmp6', 'tcp', 'udp']);

/** The headers around a packet in words, outermost first: `VXLAN id 1, 192.168.205.4 → 192.168.205.3`. */
function outside(headers: readonly Header[], depth: number, isBrief = false): string {
  const around = layers(headers.filter(({ protocol }) => protocol !== 'ether' || depth > 0)).slice(0, depth);
  return around
    .map((layer) => {
      const tunnel = layer.findLast(({ protocol }) => !['ether', 'ip', 'ip6', 'udp'].includes(protocol));
      const ip = layer.find(isIp)?.fields;
      const udp = layer.find(({ protocol }) => protocol === 'udp');
      const name = tunnel ? headerBrief(tunnel) : udp ? `UDP port ${udp.fields.dst}` : 'IP';
      return isBrief ? name : [name, `${ip?.src} → ${ip?.dst}`].join(', ');
    })
    .join(', in ');
}

/** In what the packet itself, in all its wrappings, is another one now. */
function innerChanges(before: readonly Header[], now: readonly Header[]): string[] {
  const [was, is] = [ips(before).at(-1)?.fields, ips(now).at(-1)?.fields];
  if (!was || !is || carriers(before, now).length) return [];
  return [...addressChanges(was, is), ...portChanges(transportOf(before), transportOf(now))];
}

const transportOf = (headers: readonly Header[]) =>
  headers.findLast(({ protocol }) => protocol === 'tcp' || protocol === 'udp')?.fields;

const addressChanges = (was: Fields, is: Fields): string[] => [
  ...(was.src === is.src ? [] : [`source now ${is.src} (was ${was.src})`]),
  ...(was.dst === is.dst ? [] : [`destination now ${is.dst} (was ${was.dst})`]),
  ...ttlChange(ttlOf(was), ttlOf(is), 'hopLimit' in is ? 'hop limit' : 'TTL'),
];

function ttlChange(was: number, is: number, name: string): string[] {
  if (was === is) return [];
  return [was - is === 1 ? `${name} ${is}: one is spent` : `${name} ${is} (was ${was})`];
}

const portChanges = (was: Fields | undefined, is: Fields | undefined): string[] =>
  was && is
    ? [
        ...(was.src === is.src ? [] : [`source port now ${is.src}`]),
        ...(was.dst === is.dst ? [] : [`destination port now ${is.dst}`]),
      ]
    : [];

/** The loopback's. */
const NOBODY = '00:00:00:00:00:00';

/** Whom the frame is for now, where that is somebody else than before, in any of the packet's wrappings. */
function newMac(before: readonly Header[], now: readonly Header[], macs: Readonly<Record<string, string>>): string[] {
  const was = before.flatMap(({ protocol, fields }) => (protocol === 'ether' ? [fields.dst] : []));
  const is = now.find(({ protocol }) => protocol === 'ether')?.fields.dst;
  if (is === undefined || is === NOBODY || was.includes(is)) return [];
  const owner = macs[String(is)];
  return [owner ? `to the MAC of ${owner}` : `to MAC ${is}`];
}
