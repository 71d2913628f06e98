import type { Facts } from '../facts.ts';
import { linkOf } from '../place.ts';
import type { LinkState } from '../state/place-state.ts';
import { entries, floods } from './forwarding-table.ts';
import { refusalOf } from './frame-rules.ts';
import { type BridgedFrame, type Here, isOff, isOn, type Problem, portCommand } from './problem.ts';
import { vlanProblems } from './vlan.ts';
import type { Crossing } from './way.ts';

/** Why a bridge does not pass a frame from where it came to where it would have to go; nothing where nothing tells. */
export function problemsAt(facts: Pick<Facts, 'now'>, crossing: Crossing, frame: BridgedFrame): Problem[] {
  const { place } = crossing;
  const [state, bridge] = [facts.now.get(place), linkOf(facts, place, crossing.bridge)];
  if (!state || !bridge) return [];
  const [came, goes] = [linkOf(facts, place, crossing.in), linkOf(facts, place, crossing.out)];
  const here: Here = { facts, crossing, state, bridge, ...(came && { in: came }), ...(goes && { out: goes }) };
  return [
    offBridge,
    bridgeDown,
    portStates,
    tooBig,
    hairpinOff,
    isolated,
    lockedPort,
    linkLocal,
    entries,
    floods,
    vlanProblems,
    bridgeFirewall,
  ].flatMap((check) => check(here, frame));
}

const portsOf = ({ in: came, out }: Here): LinkState[] =>
  [came, out].flatMap((port, i) => (port && (i === 0 || port !== came) ? [port] : []));

function offBridge({ crossing: { offBridge: port, bridge } }: Here): Problem[] {
  if (!port) return [];
  return [
    {
      cause: 'port off the bridge',
      what: `${port} is no port of ${bridge}, nor of another bridge (no master)`,
      sure: true,
      show: [`ip -d link show dev ${port} | head -1`, `bridge link show`],
      fix: `ip link set ${port} master ${bridge}`,
    },
  ];
}

function bridgeDown({ bridge: { name, flags } }: Here): Problem[] {
  if (flags.includes('UP')) return [];
  return [
    {
      cause: 'bridge down',
      what: `the bridge ${name} itself is down (state DOWN), so it passes nothing`,
      sure: true,
      show: [`ip -br link show dev ${name}`],
      fix: `ip link set ${name} up`,
    },
  ];
}

/** Why a port does not forward. */
export function portStates(here: Here): Problem[] {
  if (!here.bridge.flags.includes('UP')) return [];
  return portsOf(here).flatMap((port): Problem[] => {
    const { name, flags } = port;
    const state = String(port.portData.state ?? 'forwarding');
    if (!port.master || state === 'forwarding') return [];
    if (!flags.includes('UP'))
      return [
        {
          cause: 'bridge port down',
          what: `its port ${name} is down (state DOWN)`,
          sure: true,
          show: [`ip -br link show dev ${name}`, portCommand(name)],
          fix: `ip link set ${name} up`,
        },
      ];
    if (!flags.includes('LOWER_UP'))
      return [
        {
          cause: 'bridge port without carrier',
          what: `its port ${name} has no carrier (NO-CARRIER)`,
          sure: true,
          show: [`ip link show dev ${name}`],
        },
      ];
    const way = port === here.in ? 'takes nothing from' : 'sends nothing out by';
    const spanning = Number(here.bridge.data.stp_state ?? 0) ? `, by the spanning tree (stp_state 1)` : '';
    return [
      {
        cause: 'bridge port blocking',
        what: `it ${way} its port ${name}, which is in state ${state}${spanning}`,
        sure: true,
        show: [portCommand(name)],
        ...(!spanning && { fix: `bridge link set dev ${name} state 3` }),
      },
    ];
  });
}

/** A port that takes less than the frame has (is_skb_forwardable); a VLAN's tag is not counted. */
function tooBig({ out }: Here, { length = 0 }: BridgedFrame): Problem[] {
  if (!out || length <= out.mtu) return [];
  return [
    {
      cause: 'MTU too small',
      what: `its port ${out.name} has mtu ${out.mtu}, and the packet has ${length} bytes`,
      sure: true,
      show: [`ip link show dev ${out.name}`],
      fix: `ip link set ${out.name} mtu ${Math.max(1500, length)}`,
    },
  ];
}

function hairpinOff({ in: came, out }: Here): Problem[] {
  if (!came || came !== out || !isOff(came, 'hairpin')) return [];
  return [
    {
      cause: 'hairpin off',
      what: `it does not send back by ${came.name} what came by ${came.name} (hairpin off)`,
      sure: true,
      show: [portCommand(came.name)],
      fix: `bridge link set dev ${came.name} hairpin on`,
    },
  ];
}

function isolated({ in: came, out }: Here): Problem[] {
  if (!came || !out || !isOn(came, 'isolated') || !isOn(out, 'isolated')) return [];
  const isHairpin = came === out;
  return [
    {
      cause: 'isolated ports',
      what: isHairpin
        ? `its port ${out.name} is isolated (isolated on), and what came by such a port is not sent back by it, whatever its hairpin mode is`
        : `its ports ${came.name} and ${out.name} are both isolated (isolated on), and such ports reach each other not at all`,
      sure: true,
      show: [...new Set([portCommand(came.name), portCommand(out.name)])],
      fix: `bridge link set dev ${out.name} isolated off`,
    },
  ];
}

function lockedPort({ in: came, state }: Here, { src }: BridgedFrame): Problem[] {
  if (!came || !isOn(came, 'locked')) return [];
  if (state.fdb.some(({ mac, device }) => mac === src && device === came.name)) return [];
  return [
    {
      cause: 'locked port',
      what: `its port ${came.name} is locked (locked on), and has no entry for the source ${src}`,
      sure: true,
      show: [portCommand(came.name), `bridge fdb show | grep -iF ${src} || echo no entry for ${src}`],
      fix: `bridge link set dev ${came.name} locked off`,
    },
  ];
}

/** Those of STP, of pause frames and of LACP, which no setting has a bridge pass on (BR_GROUPFWD_RESTRICTED). */
const NEVER_PASSED = 0b111;

/** IEEE 802.1D, table 7-10: addresses that a bridge keeps to itself. */
function linkLocal({ bridge, in: came, out }: Here, { dst }: BridgedFrame): Problem[] {
  const [, last] = /^01:80:c2:00:00:0([0-9a-f])$/i.exec(dst) ?? [];
  if (!last || !came || !out) return [];
  // That of bridges is passed on by one that speaks no STP (br_handle_frame).
  if (last === '0' && !Number(bridge.data.stp_state ?? 0)) return [];
  const bit = 1 << Number.parseInt(last, 16);
  const mask = Number(bridge.data.group_fwd_mask ?? 0) | Number(came.portData.group_fwd_mask ?? 0);
  if (mask & bit) return [];
  return [
    {
      cause: 'link-local group address',
      what: `it does not pass on frames to ${dst}, a link-local group address (group_fwd_mask 0x${Number(bridge.data.group_fwd_mask ?? 0).toString(16)})`,
      sure: true,
      show: [`ip -d link show dev ${bridge.name} | grep -o 'group_fwd_mask [^ ]*'`],
      ...(!(bit & NEVER_PASSED) && { fix: `ip link set ${bridge.name} type bridge group_fwd_mask ${mask | bit}` }),
    },
  ];
}

/** nft(8), BRIDGE ADDRESS FAMILY: the hooks that a frame passes between two ports, or to and from the bridge's own IP layer. */
function bridgeFirewall({ crossing, state }: Here, { ruled }: BridgedFrame): Problem[] {
  if (!ruled || crossing.offBridge) return [];
  const { in: iif, out: oif } = crossing;
  const hooks =
    iif && oif ? ['prerouting', 'forward', 'postrouting'] : iif ? ['prerouting', 'input'] : ['output', 'postrouting'];
  const frame = ruled(iif, oif);
  const found = hooks.flatMap((hook) => refusalOf(state.ruleset, 'bridge', hook, frame) ?? []);
  const throughArp =
    state.sysctls['net.bridge.bridge-nf-call-arptables'] === '1' && frame.protocols[0] === 'arp' && iif && oif;
  if (throughArp) found.push(...[refusalOf(state.ruleset, 'arp', 'forward', frame)].flatMap((rule) => rule ?? []));
  return found.slice(0, 1).map(({ family, table, chain, text }) => ({
    cause: 'bridge firewall',
    what: `its ${family} ${table} ${chain} drops it: ${text}`,
    sure: false,
    show: [`nft list chain ${family} ${table} ${chain}`],
  }));
}
