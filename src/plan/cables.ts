import { isIPv4 } from 'node:net';
import type { Lab } from '../lab/words.ts';
import type { Problem } from './bad-lab.ts';

/** One end of a cable; the address has its prefix length, `10.42.0.65/24`. */
export interface End {
  place: string;
  interface: string;
  address?: string;
}

export interface Link {
  ends: [End, End];
}

/** What connects a lab's places: its cables, and the nodes among which some are switches. */
export interface Wiring {
  nodes: { name: string; kind: string }[];
  links: Link[];
}

/** Which points a frame reaches from a point: the other end of its cable, and through a switch those of its other cables. */
export function peers({ nodes, links }: Wiring): (point: string) => string[] {
  const switches = new Set(nodes.flatMap(({ name, kind }) => (kind === 'switch' ? [name] : [])));
  const far = new Map(links.flatMap(({ ends }) => ends.map((end, i) => [pointOf(end), ends[1 - i]!] as const)));
  const across = (point: string, passed: Set<string>): string[] => {
    const end = far.get(point);
    if (!end || passed.has(end.place)) return [];
    if (!switches.has(end.place)) return [pointOf(end)];
    passed.add(end.place);
    const ports = [...far.keys()].filter((port) => port.startsWith(`${end.place}:`) && port !== pointOf(end));
    return ports.flatMap((port) => across(port, passed));
  };
  const reached = new Map<string, string[]>();
  return (point) => {
    if (!reached.has(point)) reached.set(point, across(point, new Set()));
    return reached.get(point)!;
  };
}

const pointOf = (end: End) => `${end.place}:${end.interface}`;

/** A lab's cables, and what is wrong with those that cannot be read. */
export function links(lab: Pick<Lab, 'links' | 'nodes'>): {
  links: Link[];
  problems: Problem[];
} {
  const read: Link[] = [];
  const problems: Problem[] = [];
  for (const [i, text] of lab.links.entries()) {
    const wrong = (what: string, hint?: string) =>
      problems.push({ where: `links[${i}] '${text}'`, what, ...(hint && { hint }) });
    const halves = text.split(' -- ').map((half) => half.trim().split(/\s+/));
    if (halves.length !== 2) {
      wrong('a cable is written NODE:INTERFACE [ADDRESS/LENGTH] -- NODE:INTERFACE [ADDRESS/LENGTH]');
      continue;
    }
    const names = halves.map(([point = '']) => /^([^:]*)(?::(.*))?$/.exec(point)!.slice(1));
    const ends = halves.map(([, address, ...rest], side) => {
      const [place = '', given] = names[side]!;
      const port = given ?? (lab.nodes[place] === 'switch' ? names[1 - side]![0]! : '');
      const bad = port && badName(port);
      if (!port) wrong(`${place} needs the name of its interface, as in ${place}:eth0`);
      else if (bad)
        wrong(`${port} is no name for an interface: ${bad}`, given === undefined ? `Write ${place}:PORT.` : '');
      if (rest.length) wrong(`'${rest.join(' ')}' is left over after the address`);
      if (address && !isAddress(address)) wrong(`${address} is no IPv4 address with a prefix length`);
      return { place, interface: port, ...(address && { address }) };
    });
    read.push({ ends: ends as [End, End] });
  }
  return { links: read, problems };
}

/** Devices that the modules of tunnels make in each network namespace (net.core.fb_tunnels_only_for_init_net, sysctl). */
const fallbackDevices = 'tunl0 gre0 gretap0 erspan0 ip_vti0 ip6_vti0 sit0 ip6tnl0 ip6gre0'.split(' ');

/** Why an interface cannot be called so. */
function badName(name: string): string | undefined {
  if (Buffer.byteLength(name) > 15 || /[/:]/.test(name) || name === '.' || name === '..')
    return 'at most 15 bytes, no slash, no colon (IFNAMSIZ, if.h)';
  if (fallbackDevices.includes(name)) return 'the kernel makes one in every namespace where its tunnels are loaded';
  if (name === 'lo') return 'every place has a lo of its own already';
  if (name === 'all' || name === 'default') return `sysctl reads net.ipv4.conf.${name} as a setting of many interfaces`;
  if (!/^[\w.@][\w.@-]*$/.test(name))
    return 'letters, digits, _ . @ - only, and no - in front: a shell, sysctl or ip would read it otherwise';
  return undefined;
}

function isAddress(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  return !rest.length && isIPv4(address) && /^\d{1,2}$/.test(length) && Number(length) <= 32;
}
