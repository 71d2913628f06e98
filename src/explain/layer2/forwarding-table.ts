import type { FdbState, LinkState } from '../state/place-state.ts';
import { holdersOf } from './bridged.ts';
import { type BridgedFrame, type Here, isGroup, isOff, type Problem, portCommand } from './problem.ts';

/** The entry of a bridge's forwarding table for a MAC. */
export function entryFor({ state, bridge }: Pick<Here, 'state' | 'bridge'>, mac: string): FdbState | undefined {
  return state.fdb.find((each) => each.mac === mac && each.words.master === bridge.name);
}

/** An entry that leads a frame elsewhere than to where its MAC is. */
export function entries(here: Here, { dst }: BridgedFrame): Problem[] {
  const { bridge, in: came, out, crossing } = here;
  if (isGroup(dst) || crossing.offBridge) return [];
  const entry = entryFor(here, dst);
  if (!entry) return [];
  const isStatic = 'static' in entry.words || 'extern_learn' in entry.words;
  const isLocal = 'permanent' in entry.words;
  if (isLocal) return out ? [localEntry(bridge, entry, dst)] : [];
  if (!out || entry.device === out.name) return [];
  const kept = entry.device === came?.name ? ', by which the frame came' : '';
  const holders = holdersOf(here.facts, dst).map(({ place, link }) => `${place}:${link.name}`);
  if (holders.length > 1)
    return [
      {
        cause: 'equal MACs',
        what: `${holders.join(' and ')} have one MAC, ${dst}, and its entry for that leads to ${entry.device}${kept}, and not to ${out.name}`,
        sure: true,
        show: [`bridge fdb show br ${bridge.name} | grep -iF ${dst}`],
      },
    ];
  return [
    {
      cause: 'wrong forwarding entry',
      what: `its entry for ${dst} leads to ${entry.device}${kept}, and not to ${out.name} (${entry.text})`,
      sure: isStatic,
      show: [`bridge fdb show br ${bridge.name} | grep -iF ${dst}`],
      fix: `bridge fdb del ${dst} dev ${entry.device} master`,
    },
  ];
}

const localEntry = (bridge: LinkState, entry: FdbState, mac: string): Problem => ({
  cause: 'equal MACs',
  what: `it takes the frame for its own: ${mac} is a MAC of the bridge itself, too (${entry.text})`,
  sure: true,
  show: [`bridge fdb show br ${bridge.name} | grep -iF ${mac}`, `ip -br link show dev ${entry.device}`],
});

/** What a port is not sent that the bridge has no entry for. */
export function floods(here: Here, { dst }: BridgedFrame): Problem[] {
  const { out, bridge, crossing } = here;
  if (!out || crossing.offBridge) return [];
  const setting = dst === 'ff:ff:ff:ff:ff:ff' ? 'bcast_flood' : isGroup(dst) ? 'mcast_flood' : 'flood';
  if (!isOff(out, setting) || (setting === 'flood' && entryFor(here, dst))) return [];
  const what = setting === 'flood' ? `its table has no entry for ${dst}, and` : 'it is to go to all ports, and';
  return [
    {
      cause: setting === 'flood' ? 'no forwarding entry' : 'flooding off',
      what: `${what} nothing is flooded to ${out.name} (${setting} off${isOff(out, 'learning') ? ', learning off' : ''})`,
      sure: true,
      show: [portCommand(out.name), `bridge fdb show br ${bridge.name} | grep -iF ${dst} || echo no entry for ${dst}`],
      fix: `bridge link set dev ${out.name} ${setting} on`,
    },
  ];
}
