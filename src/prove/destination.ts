import { isIP, isIPv4 } from 'node:net';
import { type Owners, ownersAmong } from '../explain/owners.ts';
import { addressOf } from '../lab/read.ts';
import type { Live } from '../observe/sent.ts';
import { hint } from '../plan/nearest.ts';
import { BadUsage } from '../plan/usage.ts';

/** An IP address, and the places that have it, too, where a place was meant by it. */
export interface Destination {
  address: string;
  sharedWith: string[];
}

/**
 * What is meant by an address, a place, or one of a place's interfaces, `node1:cni0`. Of a place's addresses it is the first that no
 * other place has, where there is one.
 */
export async function destination(live: Live, to: string): Promise<Destination> {
  if (isIP(to)) return { address: to, sharedWith: [] };
  const { plan, runtime, watch } = live;
  const owners = await ownersAmong(runtime, [...watch.places]);
  const sharedWith = (place: string, address: string) => (owners.get(address) ?? []).filter((each) => each !== place);
  const places = [...plan.nodes, ...plan.pods].map(({ name }) => name);
  if (places.includes(to)) {
    const address = addressOf(plan.links, to) ?? (await ownAddress(live, to, owners));
    if (address) return { address, sharedWith: sharedWith(to, address) };
    const isSwitch = plan.nodes.some(({ name, kind }) => name === to && kind === 'switch');
    throw new BadUsage(isSwitch ? `${to} is a switch: it has no address` : `${to} has no address`);
  }
  const [, place = '', device = ''] = /^([^:]+):(.+)$/.exec(to) ?? [];
  if (!places.includes(place)) throw new BadUsage(...unknown(to, plan.name, places));
  const devices = watch.interfacesOf(place).map(({ name }) => name);
  if (!devices.includes(device)) throw new BadUsage(`${place} has no interface ${device}. ${hint(device, devices)}`);
  const address = global(await addressesAt(runtime, place, `dev '${device}'`))[0];
  if (address) return { address, sharedWith: sharedWith(place, address) };
  throw new BadUsage(`${to} has no address`);
}

const unknown = (to: string, lab: string, places: string[]): string[] =>
  /^[\d.]+$/.test(to)
    ? [`${to} is no IPv4 address: that is four numbers from 0 to 255, with dots between.`]
    : [`${to} is no place, no interface and no IP address of ${lab}. ${hint(to, places)}`];

/** The first address of a place that no other one has; else its first. */
async function ownAddress({ runtime }: Live, place: string, owners: Owners): Promise<string | undefined> {
  if (!runtime.has(place)) return undefined;
  const all = global(await addressesAt(runtime, place, 'scope global'));
  return all.find((address) => (owners.get(address) ?? []).every((owner) => owner === place)) ?? all[0];
}

/** Those of some addresses that are of more than one link, IPv4’s first. */
const global = (addresses: string[]): string[] => {
  const all = addresses.filter((address) => !address.startsWith('fe80:'));
  return [...all.filter((address) => isIPv4(address)), ...all.filter((address) => !isIPv4(address))];
};

/** The addresses of a place, of IPv4 and IPv6, of all its interfaces or `which` (ip-address(8)). */
export async function addressesAt({ script }: Live['runtime'], place: string, which = ''): Promise<string[]> {
  const { stdout } = await script(place, `ip -o addr show ${which}`, { timeoutMs: 5000 });
  return [...stdout.matchAll(/\binet6? ([\da-f.:]+)/g)].map(([, address = '']) => address);
}
