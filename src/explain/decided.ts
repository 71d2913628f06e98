import type { Sighting, Wires } from '../judge/observation.ts';
import type { Header } from '../packet/index.ts';

type Fields = Header['fields'];

/**
 * The commands that show why a packet that was at one point of a node went on to another: rule and route, neighbour, or entry
 * of a forwarding table. Without a point before, it began here.
 */
export function decisions(before: Sighting | undefined, now: Sighting, { isPort }: Pick<Wires, 'isPort'>): string[] {
  const [ip, was] = [outer(now, 'ip'), before && outer(before, 'ip')];
  if (!ip) return [];
  if (!before || !was) return [`ip route get ${innermost(now)?.dst}`, ...neighbour(now)];
  const wrapped = depthOf(now) - depthOf(before);
  if (wrapped > 0) {
    const entry = forwarded(outer(before, 'ether')?.dst, deviceOf(before));
    return [...entry, `ip route get ${ip.dst} from ${ip.src}`, ...neighbour(now)];
  }
  if (wrapped < 0) return [`ip -d link show dev ${deviceOf(now)} | grep -E '(vxlan|ipip|tun) '`];
  if (Number(was.ttl) > Number(ip.ttl))
    return [
      "ip rule | grep -vE 'lookup (local|main|default)$'",
      `ip route get ${ip.dst} from ${was.src} iif ${deviceOf(before)}`,
      ...neighbour(now),
    ];
  return isPort(now.at) || isPort(before.at) ? forwarded(outer(now, 'ether')?.dst) : [];
}

const outer = ({ headers }: Sighting, protocol: string): Fields | undefined =>
  headers.find((each) => each.protocol === protocol)?.fields;

const innermost = ({ headers }: Sighting): Fields | undefined =>
  headers.findLast(({ protocol }) => protocol === 'ip')?.fields;

const depthOf = ({ headers }: Sighting) => headers.filter(({ protocol }) => protocol === 'ip').length;

const deviceOf = ({ at, place }: Sighting) => at.slice(place.length + 1);

/** Whose address the frame bears, as the node that sent it knows it. */
const neighbour = (now: Sighting): string[] => {
  const mac = outer(now, 'ether')?.dst;
  return mac && now.direction === 'out' ? [`ip neigh show dev ${deviceOf(now)} | grep ${mac}`] : [];
};

const forwarded = (mac: Fields[string] | undefined, device?: string): string[] =>
  mac ? [`bridge fdb show${device ? ` dev ${device}` : ''} | grep ${mac}`] : [];
