import type { HookResult } from '../../judge/result.ts';
import type { Facts } from '../facts.ts';
import { bridgeOf, CALL_IPTABLES, callsIptables } from '../layer2/bridged.ts';
import { changeOf } from '../since.ts';
import type { LinkState } from '../state/place-state.ts';
import type { CauseKind } from './kind.ts';

const translates = /\b(dnat|snat|masquerade|redirect)\b/;

interface Where {
  place: string;
  bridge: LinkState;
}

/** The bridge at which the packet should have been translated, or translated back, and was not. */
function untranslatedAt(facts: Facts): Where | undefined {
  const { site, wayThere } = facts;
  const { changed } = site;
  const changedAt = changed && isTranslated(changed.hop.expected, changed.now.headers) ? changed.hop : undefined;
  const passed = site.way.find(({ place, device, direction }) => {
    return (
      site.part === 'reply' && direction === 'in' && bridgeOf(facts, place, device) && translator(wayThere) === place
    );
  });
  // What leaves the place by no port of a bridge was routed, and passed iptables.
  const isRouted =
    changed && changed.now.place === changed.before?.place && !bridgeOf(facts, changed.now.place, changed.now.device);
  for (const at of [changedAt, isRouted ? undefined : changed?.before, passed]) {
    const bridge = at && bridgeOf(facts, at.place, at.device);
    if (at && bridge) return { place: at.place, bridge };
  }
  return undefined;
}

const addressesOf = (headers: readonly { protocol: string; fields: Readonly<Record<string, unknown>> }[]) =>
  headers.find(({ protocol }) => protocol === 'ip')?.fields;

const isTranslated = (expected: Parameters<typeof addressesOf>[0], seen: Parameters<typeof addressesOf>[0]) => {
  const [listed, is] = [addressesOf(expected), addressesOf(seen)];
  return (['src', 'dst'] as const).some((end) => listed?.[end] !== undefined && listed[end] !== is?.[end]);
};

/** The place at which the request got another destination. */
const translator = (way: Facts['wayThere']): string | undefined =>
  way.find((each, i) => {
    const before = way[i - 1];
    return before?.place === each.place && addressesOf(before.headers)?.dst !== addressesOf(each.headers)?.dst;
  })?.place;

const refusals = ['drop', 'reject'];

/** The bridge that the packet crossed, and the hook that should have refused it and never saw it. */
function unrefusedAt(facts: Facts): (Where & { hook: HookResult }) | undefined {
  const { hops = [], failedAt } = facts.walk ?? {};
  const [before, hook] = failedAt == null ? [] : [hops[failedAt - 1], hops[failedAt]];
  if (hook?.kind !== 'hook' || hook.seen || !refusals.includes(hook.expected.ending?.verdict ?? '')) return undefined;
  const bridge =
    before?.kind === 'point' && before.place === hook.place ? bridgeOf(facts, before.place, before.device) : undefined;
  return bridge && { place: hook.place, bridge, hook };
}

/** What only crosses a bridge passes no iptables where br_netfilter is not asked to show it. */
const bridgedPastIptables: CauseKind = {
  name: 'bridged past iptables',
  read: ['ip-sysctl: bridge-nf-call-iptables', 'Kubernetes: container runtimes, network configuration'],
  tell(facts) {
    const unrefused = unrefusedAt(facts);
    const where = unrefused ?? untranslatedAt(facts);
    if (!where) return [];
    const { place, bridge } = where;
    const state = facts.now.get(place);
    const calls = callsIptables(facts, place, bridge);
    if (calls || !(unrefused || translates.test(state?.ruleset ?? ''))) return [];
    const hook = unrefused?.hook;
    const misses = hook
      ? `its ${hook.table} ${hook.chain} never sees it, and refuses nothing`
      : 'its NAT does not translate it, nor the answer back';
    const changed = changeOf(facts, place, 'setting', ({ subject }) => subject === CALL_IPTABLES);
    const why =
      calls === undefined ? `br_netfilter is not loaded: there is no ${CALL_IPTABLES}` : `${CALL_IPTABLES} = 0`;
    return [
      {
        sentence: `what stays on ${place}’s bridge ${bridge.name} does not pass iptables (${why}), so ${misses}`,
        confidence: 'certain',
        place,
        supports: changed ? [changed.sentence] : [],
        show: [{ place, command: `sysctl ${CALL_IPTABLES}` }],
        fix: { place, command: calls === undefined ? 'modprobe br_netfilter' : `sysctl -w ${CALL_IPTABLES}=1` },
      },
    ];
  },
};

export const bridgeNetfilter: CauseKind[] = [bridgedPastIptables];
