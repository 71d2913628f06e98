import type { Fault } from 'packetwalk';

/** A node that keeps what is for others. */
export const doesNotForward = <const Node extends string, const Claim extends string = never>(
  node: Node,
  rest: Pick<Fault<Node, Claim>, 'claims' | 'walk' | 'lostAt' | 'untouched'>,
): Fault<Node, Claim> => ({
  ...rest,
  break: { [node]: 'sysctl -w net.ipv4.ip_forward=0' } as Fault<Node>['break'],
  cause: 'forwarding off',
  hint: `The packet reaches ${node}, and ${node} keeps it. Run \`sysctl net.ipv4.ip_forward\` there.`,
  fix: { [node]: 'sysctl -w net.ipv4.ip_forward=1' } as Fault<Node>['fix'],
});
