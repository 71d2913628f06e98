import type { Sighting } from '../judge/observation.ts';
import { decode, type Header, isIcmp, isIp } from '../packet/index.ts';
import type { KernelDrop } from '../runtime/runtime.ts';

const [ETHERTYPE_IP, ETHERTYPE_ARP, ETHERTYPE_IPV6] = [0x0800, 0x0806, 0x86dd];

/** An IP header, and what it carries, as far as that was read. */
interface Layer {
  ip: Header['fields'];
  carried: Header | undefined;
}

/**
 * Whether a packet that a kernel dropped is one of those that were seen, or a question for a neighbour meanwhile. A layer of it is
 * that of a frame by its protocol and identification (RFC 791), by an address that both have (a translation changes the other
 * one), and by what it carries.
 */
export function isOwnDrop(seen: readonly Pick<Sighting, 'headers'>[]): (drop: KernelDrop) => boolean {
  const own = seen.flatMap(({ headers }) => layersOf(headers));
  return ({ etherType, packet }) => {
    if (etherType === ETHERTYPE_ARP) return true;
    if (etherType !== ETHERTYPE_IP && etherType !== ETHERTYPE_IPV6) return false;
    return layersOf(decode(packet, 'raw').headers).some((layer) => own.some((each) => isSame(each, layer)));
  };
}

const layersOf = (headers: readonly Header[]): Layer[] =>
  headers.flatMap((header, i) => (isIp(header) ? [{ ip: header.fields, carried: headers[i + 1] }] : []));

const ends = ['src', 'dst'] as const;
const same = (a: Header['fields'], b: Header['fields'], ...fields: string[]) =>
  fields.every((field) => a[field] === b[field]);

function isSame(a: Layer, b: Layer): boolean {
  if (!same(a.ip, b.ip, 'protocol', 'id') || !ends.some((end) => same(a.ip, b.ip, end))) return false;
  const [one, other] = [a.carried, b.carried];
  if (one?.protocol !== other?.protocol) return false;
  const is = (...fields: string[]) => !one || !other || same(one.fields, other.fields, ...fields);
  if (one?.protocol === 'tcp') return is('seq', 'ack');
  if (one && isIcmp(one)) return is('type', 'id', 'sequence');
  // What has no identification is known by its ports, but for that of an end which was translated.
  if (one?.protocol === 'udp')
    return is('length') && (hasId(a) || ends.every((end) => is(end) || !same(a.ip, b.ip, end)));
  return hasId(a) || same(a.ip, b.ip, ...ends);
}

const hasId = ({ ip }: Layer) => Boolean(ip.id);
