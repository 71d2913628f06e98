import { isIPv4 } from 'node:net';
import type { Lab } from './lab.ts';

/** One end of a cable; the address has its prefix length, `10.42.0.65/24`. */
export interface End {
  place: string;
  interface: string;
  address?: string;
}

export interface Link {
  ends: [End, End];
}

/** A lab's cables, and what is wrong with those that cannot be read. */
export function links(lab: Pick<Lab, 'links' | 'nodes'>): {
  links: Link[];
  problems: { where: string; what: string }[];
} {
  const read: Link[] = [];
  const problems: { where: string; what: string }[] = [];
  for (const [i, text] of lab.links.entries()) {
    const wrong = (what: string) => problems.push({ where: `links[${i}] '${text}'`, what });
    const halves = text.split(' -- ').map((half) => half.trim().split(/\s+/));
    if (halves.length !== 2) {
      wrong('a cable is written NODE:INTERFACE [ADDRESS/LENGTH] -- NODE:INTERFACE [ADDRESS/LENGTH]');
      continue;
    }
    const names = halves.map(([point = '']) => point.split(':'));
    const ends = halves.map(([, address, ...rest], side) => {
      const [place = '', given] = names[side]!;
      const port = given ?? (lab.nodes[place] === 'switch' ? names[1 - side]![0]! : '');
      if (!port) wrong(`${place} needs the name of its interface, as in ${place}:eth0`);
      else if (Buffer.byteLength(port) > 15 || /[/\s]/.test(port) || port === '.' || port === '..')
        wrong(`${port} is no name for an interface: at most 15 bytes, no slash (IFNAMSIZ, if.h)`);
      if (rest.length) wrong(`'${rest.join(' ')}' is left over after the address`);
      if (address && !isAddress(address)) wrong(`${address} is no IPv4 address with a prefix length`);
      return { place, interface: port, ...(address && { address }) };
    });
    read.push({ ends: ends as [End, End] });
  }
  return { links: read, problems };
}

function isAddress(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  return !rest.length && isIPv4(address) && /^\d{1,2}$/.test(length) && Number(length) <= 32;
}
