import { Document, Scalar, YAMLSeq } from 'yaml';
import { bridge } from '../../plan/lay-cables.ts';
import type { Link, Plan } from '../../plan/plan.ts';

/**
 * A lab as a topology for containerlab: every node a container, every pod a network namespace in its node's. `image` has what
 * the lab's commands name, iproute2 and iptables above all.
 */
export function clab(plan: Plan, { image = 'packetwalk/node' } = {}): string {
  const pods = new Map(plan.pods.map(({ name, node }) => [name, node]));
  const cables = plan.links.filter(({ ends }) => !ends.some(({ place }) => pods.has(place)));
  const document = new Document(
    {
      name: plan.name,
      topology: {
        defaults: { kind: 'linux', image, 'network-mode': 'none', cmd: 'sleep infinity' },
        nodes: Object.fromEntries(plan.nodes.map(({ name }) => [name, { exec: exec(plan, name, cables) }])),
        ...(cables.length && { links: cables.map(cable) }),
      },
    },
    { schema: 'yaml-1.1' },
  );
  document.commentBefore = header(plan);
  return literal(document.toString({ lineWidth: 0, flowCollectionPadding: false }));
}

const header = ({ name, title }: Plan) =>
  [
    ` The lab ${name} for containerlab (https://containerlab.dev): ${title}`,
    ` Made from labs/${name}.ts by \`node scripts/containerlab.js\`: change that, not this.`,
    '',
    ` sudo containerlab deploy --topo ${name}.clab.yml`,
    ` sudo containerlab destroy --topo ${name}.clab.yml --cleanup`,
    '',
    ' Any image will do that has the programs which the exec lines name. A pod is a network namespace in its node:',
    ` docker exec clab-${name}-NODE ip netns exec POD ip addr`,
    '',
    ' SPDX-License-Identifier: Apache-2.0',
  ].join('\n');

// containerlab's own MTU is 9500, and a lab counts on Ethernet's.
const cable = ({ ends }: Link) => ({
  endpoints: inOneLine(ends.map((end) => `${end.place}:${end.interface}`)),
  mtu: 1500,
});

function inOneLine(items: string[]): YAMLSeq {
  const sequence = new YAMLSeq();
  sequence.flow = true;
  sequence.items = items.map((item) => Object.assign(new Scalar(item), { type: Scalar.QUOTE_DOUBLE }));
  return sequence;
}

/** What a node executes once its cables are there; containerlab takes the lines of a node in turn, and nodes side by side. */
function exec(plan: Plan, node: string, cables: Link[]): Scalar[] {
  const pods = new Set(plan.pods.flatMap((pod) => (pod.node === node ? [pod.name] : [])));
  const steps = [{ title: 'Join the cables of this switch', commands: bridge(plan, cables) }, ...plan.steps];
  return steps.flatMap(({ title, commands = [] }) => {
    const typed = commands.filter(({ place }) => place === node || pods.has(place));
    const lines = typed.flatMap(({ place, lines }) =>
      lines.map((line) => (place === node ? words(unnumbered(line)) : `ip netns exec ${place} ${words(line)}`)),
    );
    return lines.map((line, i) => scalar(line, i === 0 ? title : undefined));
  });
}

// containerlab numbers the interfaces of its cables itself, so the numbers of others may be taken.
const unnumbered = (line: string) => line.replace(/^(ip link add name \S+) index \d+ (?=type veth )/, '$1 ');

const plain = /^[\w@%+=:,./^-]+( +[\w@%+=:,./^-]+)*$/;
const shellOnly =
  /^(\w+=.*|[.:]|alias|bg|break|case|cd|command|continue|eval|exec|exit|export|fg|for|getopts|hash|if|jobs|read|readonly|return|set|shift|times|trap|type|ulimit|umask|unalias|unset|until|wait|while)( |$)/;

/** A line of shell as one that containerlab splits into words (github.com/google/shlex) and executes without a shell. */
export function words(line: string): string {
  if (plain.test(line) && !shellOnly.test(line)) return line;
  return `sh -c ${line.includes("'") ? `"${line.replace(/[\\"$`]/g, '\\$&')}"` : `'${line}'`}`;
}

/** What containerlab would expand before it reads the YAML: variables, and templates of Go. */
const expanded = /\$|\{\{/;

function scalar(value: string, comment?: string): Scalar {
  const made = new Scalar(value);
  if (expanded.test(value)) made.type = Scalar.QUOTE_DOUBLE;
  if (comment) made.commentBefore = ` ${comment}`;
  return made;
}

/** The YAML with every such character as an escape sequence of its double-quoted strings. */
const literal = (yaml: string) => yaml.replaceAll('$', '\\x24').replaceAll('{{', '\\x7B\\x7B');
