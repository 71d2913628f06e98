import type { Facts } from './facts.ts';
import type { LinkState, PlaceState } from './state/place-state.ts';

/** The interface of a place, as it is now. */
export const linkOf = ({ now }: Pick<Facts, 'now'>, place: string, device: string | undefined): LinkState | undefined =>
  now.get(place)?.links.find(({ name }) => name === device);

/** The interface by which a place's IP layer knows a device: the bridge, bond or VRF that it is a part of, or itself. */
export function ipDevice(facts: Pick<Facts, 'now'>, place: string, device: string): string {
  const link = linkOf(facts, place, device);
  return link?.master && link.masterKind !== 'vrf' ? link.master : device;
}

/** The places that own an address, with the interface that has it. */
export const ownersOf = ({ now }: Pick<Facts, 'now'>, address: string): { place: string; link: LinkState }[] =>
  [...now].flatMap(([place, { links }]) =>
    links.flatMap((link) => (link.addresses.some((each) => each.address === address) ? [{ place, link }] : [])),
  );

/** Whose an address is, where several places may have it: `m1’s`, `m1’s and m2’s`; undefined where nobody has it. */
export function whoseText(owners: readonly { place: string }[]): string | undefined {
  const places = [...new Set(owners.map(({ place }) => `${place}’s`))];
  return places.length ? places.join(' and ') : undefined;
}

/** The name of a setting of an interface: sysctl(8) has a slash for a dot in the interface's name. */
export const settingOf = (device: string, name: string): string =>
  `net.ipv4.conf.${device.replaceAll('.', '/')}.${name}`;

/** A setting of one interface as it counts: the larger of its own value and that of `all` (ip-sysctl, conf/all). */
export function largerSetting(state: PlaceState | undefined, device: string, name: string): number {
  const values = ['all', device].map((of) => Number(state?.sysctls[settingOf(of, name)] ?? 0));
  return Math.max(...values);
}

/** The setting that decides, as sysctl(8) prints it: that of `all` where it is the larger. */
export function settingText(state: PlaceState | undefined, device: string, name: string): string {
  const [all, own] = ['all', device].map((of) => {
    const key = settingOf(of, name);
    return { key, value: Number(state?.sysctls[key] ?? 0) };
  });
  const { key, value } = all!.value >= own!.value ? all! : own!;
  return `${key} = ${value}`;
}
