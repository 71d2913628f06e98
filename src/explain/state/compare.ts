import { entriesOf } from './entries.ts';
import { type Change, changes, type Entry, type What } from './entry.ts';
import { firewallChanges } from './firewall-changes.ts';
import type { PlaceState, StatePart, States } from './place-state.ts';

/** Something that a place goes by and that is another one than at an earlier time. */
export interface Difference {
  place: string;
  what: What;
  change: 'gone' | 'new' | 'other';
  /** What it is about: `10.88.2.7`, `net.ipv4.ip_forward`, `flannel.1: mtu`, `ip filter FORWARD`. */
  subject: string;
  /** The entry as it was and as it is; where only its value is another one, the two values. */
  before?: string;
  after?: string;
  device?: string;
  /** For people: `w2: route 10.88.2.7 dev cali1 is gone`. */
  sentence: string;
}

/**
 * What is gone, new or other than it was, at the places that are known of both times. Set aside is what nobody sets: states of
 * neighbours, what was learned, counters, indexes, link-local addresses.
 */
export const differencesOf = (then: States, now: States): Difference[] =>
  [...now].flatMap(([place, state]) => {
    const before = then.get(place);
    return before ? differencesAt(place, before, state) : [];
  });

function differencesAt(place: string, then: PlaceState, now: PlaceState): Difference[] {
  const isKnown = (part: StatePart) => !then.unread.includes(part) && !now.unread.includes(part);
  const found = changes(entriesOf(then, isKnown), entriesOf(now, isKnown));
  const rules = isKnown('ruleset') ? firewallChanges(then.ruleset, now.ruleset) : [];
  return [...withoutConsequences(found), ...rules].map((change) => difference(place, change));
}

/** The one of a change's entries that says what it is about. */
const about = ({ before, after }: Change): Entry => (after ?? before)!;

/**
 * Changes without those that follow from another: what belongs to an interface that came or went does so as well, the kernel's
 * routes follow addresses, and a port's state its cable.
 */
function withoutConsequences(found: readonly Change[]): Change[] {
  const devices = (isCause: (entry: Entry) => boolean) =>
    new Set(found.map(about).flatMap((entry) => (entry.device && isCause(entry) ? [entry.device] : [])));
  const cameOrWent = devices(({ what, key, device }) => what === 'link' && key === device);
  const isSetting = (entry: Entry, setting: string) =>
    entry.what === 'link' && entry.key === `${entry.device} ${setting}`;
  const moved = devices((entry) => isSetting(entry, 'master'));
  const switched = devices((entry) => isSetting(entry, 'state'));
  const cut = devices((entry) => isSetting(entry, 'carrier') || isSetting(entry, 'state'));
  const readdressed = devices(({ what }) => what === 'address');
  return found.filter((change) => {
    const { what, key, device = '', value } = about(change);
    if (what === 'route' && / proto kernel\b/.test(` ${value}`))
      return ![cameOrWent, switched, readdressed].some((some) => some.has(device));
    if (cameOrWent.has(device)) return what === 'route' || (what === 'link' && key === device);
    if (what !== 'link') return true;
    if (key === `${device} carrier`) return !switched.has(device);
    if (key.includes(' port state')) return !cut.has(device) && !moved.has(device);
    return !(key.includes(' port ') && moved.has(device));
  });
}

function difference(place: string, change: Change): Difference {
  const { before, after } = change;
  const { what, device, subject } = about(change);
  const common = { place, what, subject, ...(device && { device }) };
  if (before && after) {
    const [was, is] = [before.value || 'nothing', after.value || 'nothing'];
    const sentence = `${place}: ${what} ${subject} is ${is}, was ${was}`;
    return { ...common, change: 'other', before: was, after: is, sentence };
  }
  const [kind, text] = before ? (['gone', before.text] as const) : (['new', after!.text] as const);
  const verb = what === 'daemon' && kind === 'gone' ? 'has ended' : `is ${kind}`;
  const sentence = `${place}: ${what} ${text} ${verb}`;
  return { ...common, change: kind, ...(before ? { before: text } : { after: text }), sentence };
}
