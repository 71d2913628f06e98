import type { Fault } from 'packetwalk';
import { type State, states } from './ruleset.ts';

type Change<Node extends string> = Pick<Fault<Node>, 'break' | 'fix'>;

const change = <Node extends string>(node: Node, broken: string, mended: string) =>
  ({ break: { [node]: broken }, fix: { [node]: mended } }) as Change<Node>;

/** A rule is put before all others of its chain: `mangle`, `FORWARD -j DROP`. */
export const withRule = <const Node extends string>(node: Node, table: string, rule: string) =>
  change(node, `iptables -t ${table} -I ${rule}`, `iptables -t ${table} -D ${rule}`);

/** A chain has lost its first rule. */
export const withoutRule = <const Node extends string>(node: Node, table: string, rule: string) =>
  change(node, `iptables -t ${table} -D ${rule}`, `iptables -t ${table} -I ${rule}`);

/** A chain of filter has lost its rule for a state. */
export const withoutState = <const Node extends string>(node: Node, chain: string, state: State) => {
  const rule = `-m conntrack --ctstate ${state} -j ${state}`;
  return change(node, `iptables -D ${chain} ${rule}`, `iptables -I ${chain} ${states.indexOf(state) + 1} ${rule}`);
};

/** A route that leads nowhere: a `blackhole` says nothing, an `unreachable` one says so to the sender. */
export const withoutWay = <const Node extends string>(node: Node, kind: 'blackhole' | 'unreachable', to: string) =>
  change(node, `ip route add ${kind} ${to}`, `ip route del ${kind} ${to}`);
