import type { Facts } from '../facts.ts';
import { linkOf } from '../place.ts';
import { saying } from '../signs.ts';
import { settingWas } from '../since.ts';
import type { LinkState } from '../state/place-state.ts';
import { isUp } from '../tunnel.ts';
import type { CauseKind, Told } from './kind.ts';

const partsOf = ({ now }: Pick<Facts, 'now'>, place: string, { kind, name }: LinkState): LinkState[] =>
  kind === 'bond' ? (now.get(place)?.links.filter(({ master }) => master === name) ?? []) : [];

/** Why a bond has no carrier, as the end of a sentence; empty for any other interface. */
export function partsText(facts: Pick<Facts, 'now'>, place: string, bond: LinkState): string {
  if (bond.kind !== 'bond') return '';
  const parts = partsOf(facts, place, bond).map((part) => `${part.name} ${isUp(part) ? 'has no carrier' : 'is down'}`);
  return parts.length ? `: of its interfaces, ${parts.join(' and ')}` : ': no interface is a part of it';
}

/** What brings a bond's carrier back. */
export function bringingUp(facts: Pick<Facts, 'now'>, place: string, bond: LinkState): Pick<Told, 'fix'> {
  const down = partsOf(facts, place, bond).find((part) => !isUp(part));
  return down ? { fix: { place, command: `ip link set dev ${down.name} up` } } : {};
}

/** A frame came by an interface that should be a part of a bond, and is none. */
const notInBond: CauseKind = {
  name: 'not in the bond',
  read: ['ip-link(8), bond', 'Documentation/networking/bonding.rst'],
  tell(facts) {
    const { place, last, next } = facts.site;
    const link = linkOf(facts, place, last?.device);
    if (last?.direction !== 'in' || !link || link.master) return [];
    const was = settingWas(facts, place, link.name, 'master');
    const name = was ?? (next?.place === place ? next.device : undefined);
    const bond = linkOf(facts, place, name);
    if (bond?.kind !== 'bond' || bond.name === link.name) return [];
    return [
      {
        sentence: `${place}’s ${link.name}, by which it came, is no part of ${bond.name}, which so never had it`,
        confidence: 'certain',
        place,
        supports: saying([was, `it was a part of ${bond.name} when the lab was proven`]),
        show: [{ place, command: `ip -br link show master ${bond.name}` }],
        fix: {
          place,
          command: `ip link set dev ${link.name} down && ip link set dev ${link.name} master ${bond.name}`,
        },
      },
    ];
  },
};

export const bonds: CauseKind[] = [notInBond];
