/** A part of a kernel: how a lab's commands name it, what finds out whether it is there, and the module that has it. */
interface TcPart {
  named: RegExp;
  probe: string;
  module: string;
}

/** Classifiers and actions, and what tc(8) must be told of some before it asks the kernel for one. */
const classifiers = { flower: '', matchall: '', u32: 'match u32 0 0' };
const actions = {
  pedit: 'ex munge ip ttl set 1',
  mirred: 'egress redirect dev lo',
  csum: 'ip',
  vlan: 'pop',
  skbedit: 'mark 1',
  police: 'rate 1mbit burst 10k',
  tunnel_key: 'unset',
};

const classifier = (kind: string, told: string): TcPart => ({
  named: new RegExp(`\\bfilter\\s+(add|replace)\\b.*\\s${kind}\\b`),
  probe: `tc qdisc replace dev lo ingress && tc filter add dev lo ingress protocol ip ${kind} ${told}`,
  module: `cls_${kind}`,
});

const action = (kind: string, told: string): TcPart => ({
  named: new RegExp(`\\b(action|pipe)\\s+${kind}\\b`),
  probe: `tc actions add action ${kind} ${told}`,
  module: `act_${kind}`,
});

/** What filters of tc(8) are made of, by the module that has it: `cls_flower`, `act_mirred`. */
export const tcParts: Record<string, TcPart> = Object.fromEntries(
  [
    ...Object.entries(classifiers).map(([kind, told]) => classifier(kind, told)),
    ...Object.entries(actions).map(([kind, told]) => action(kind, told)),
  ].map((part) => [part.module, part]),
);
