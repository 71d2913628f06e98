import { Document, isScalar, Scalar, visit, type YAMLSeq } from 'yaml';
import type { Plan } from './plan.ts';
import { bridge } from './runtime/wires.ts';

/** A line that one node of the topology executes, and the step of the lab that it begins. */
interface Line {
  text: string;
  begins?: string | undefined;
}

/**
 * A lab as a topology for containerlab: every node a container, every pod a network namespace in its node's. `image` has what
 * the lab's commands name, iproute2 and iptables above all.
 */
export function clab(plan: Plan, { image = 'packetwalk/node' } = {}): string {
  const pods = new Set(plan.pods.map(({ name }) => name));
  const cables = plan.links.filter(({ ends }) => !ends.some(({ place }) => pods.has(place)));
  const document = new Document({
    name: plan.name,
    topology: {
      defaults: { kind: 'linux', image, 'network-mode': 'none', cmd: 'sleep infinity' },
      nodes: Object.fromEntries(plan.nodes.map(({ name }) => [name, { exec: execOf(plan, name) }])),
      // containerlab's own default is 9500, and a lab counts on Ethernet's.
      links: cables.map(({ ends }) => ({ endpoints: ends.map((end) => `${end.place}:${end.interface}`), mtu: 1500 })),
    },
  });
  for (const { name } of plan.nodes) {
    const exec = document.getIn(['topology', 'nodes', name, 'exec']) as YAMLSeq<Scalar<string>>;
    for (const [i, { begins }] of execOf(plan, name).entries()) if (begins) exec.items[i]!.commentBefore = ` ${begins}`;
  }
  visit(document, {
    Seq: (key, seq, path) => {
      if (path.some((node) => 'key' in node && isScalar(node.key) && node.key.value === 'endpoints')) seq.flow = true;
    },
    Scalar: (_, scalar) => {
      if (isExpanded(String(scalar.value))) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  document.commentBefore = header(plan).map((line) => ` ${line}`.trimEnd()).join('\n');
  return unexpanded(document.toString({ lineWidth: 0, flowCollectionPadding: false }));
}
