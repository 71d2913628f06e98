import type { Facts } from '../facts.ts';
import { changeOf } from '../since.ts';
import type { Difference } from '../state/compare.ts';
import { devicesOf, isAddress6, routeFor } from '../state/fib.ts';
import { filteredByPath } from '../way-back.ts';
import { asksWayBack, refused } from './firewall.ts';
import { routeBack, validatedHere } from './forwarding.ts';
import type { CauseKind } from './kind.ts';
import { ruleOf } from './led-by.ts';
import { refusals, undoing } from './routes.ts';

/** What was dropped for the way back to who sent it, by whom, and what takes that for the wrong one. */
interface Dropped {
  place: string;
  iif: string;
  src: string;
  dst: string;
  by: string;
}

function byRule(facts: Facts): Dropped | undefined {
  const { place, enters, ip, rule = '', ending, decidedAt, chain } = refused(facts) ?? {};
  if (!place || !enters || !ip || ending?.policy || !asksWayBack(rule)) return undefined;
  return { place, iif: enters, src: ip.src, dst: ip.dst, by: `its rule of ${decidedAt?.chain ?? chain}` };
}

/** The kernel's own filter, where it was there when the lab was proven. */
function byFilter(facts: Facts): Dropped | undefined {
  const here = validatedHere(facts);
  const { src = '', dst = '' } = here?.packet ?? {};
  const filtered = here && filteredByPath(here.state, here.iif, { dst: src, src: dst, iif: here.iif });
  const isNew = here && changeOf(facts, here.place, 'setting', ({ subject }) => subject.endsWith('.rp_filter'));
  return filtered && !isNew
    ? { place: here.place, iif: here.iif, src, dst, by: `its reverse path filter (${filtered.setting})` }
    : undefined;
}

interface WayBack {
  name: string;
  /** What leads there now. */
  text: string;
  change: Difference;
}

/** The way back, where it is another one than when the lab was proven: by a route that changed, or by a policy rule that is new. */
function otherWay(facts: Facts, { place, iif, src, dst }: Dropped): WayBack | undefined {
  const state = facts.now.get(place);
  const found = state && routeFor(state, { dst: src, src: dst });
  const ruled =
    found &&
    changeOf(
      facts,
      place,
      ruleOf[isAddress6(src) ? 'ip -6' : 'ip'],
      ({ change, after }) => change === 'new' && after?.endsWith(found.rule.text) === true,
    );
  const change = ruled ?? routeBack(facts, place, src, iif);
  if (!state || !change || (found?.route.type === 'unicast' && devicesOf(found.route).includes(iif))) return undefined;
  if (!found) return { name: isAddress6(src) ? 'no IPv6 route' : 'no route', text: 'it has none now', change };
  const { type, text } = found.route;
  if (type !== 'unicast' && !(type in refusals)) return undefined;
  return { name: type === 'unicast' ? 'wrong route' : `${type} route`, text, change };
}

const wayBackChanged = (name: string): CauseKind => ({
  name,
  read: ['ip-route(8)', 'RFC 3704'],
  tell(facts) {
    const here = byRule(facts) ?? byFilter(facts);
    const way = here && otherWay(facts, here);
    if (!here || way?.name !== name) return [];
    const { place, iif, src, by } = here;
    const { text, change } = way;
    const ip = isAddress6(src) ? 'ip -6' : 'ip';
    const isRule = change.what === ruleOf[ip];
    return [
      {
        sentence: `${place}’s way back to ${src} is another one than when the lab was proven, so ${by} drops what comes from there by ${iif}: ${change.sentence}${change.sentence.includes(text) ? '' : `; ${text}`}`,
        confidence: 'certain',
        place,
        show: [{ place, command: `${ip} route get ${src}` }, ...(isRule ? [{ place, command: `${ip} rule` }] : [])],
        fix: isRule
          ? { place, command: `${ip} rule del ${change.after?.replace(/^\d+: /, '')}` }
          : undoing(place, change, ip),
        explains: ['firewall rule', 'reverse path filter'],
      },
    ];
  },
});

/** Routes that are changed, and by which what goes the other way is dropped. */
export const waysBack: CauseKind[] = [
  'wrong route',
  'no route',
  'no IPv6 route',
  ...Object.keys(refusals).map((type) => `${type} route`),
].map(wayBackChanged);
