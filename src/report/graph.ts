import type { End, Plan } from '../plan/plan.ts';

const id = (name: string) => name.replaceAll(/\W/g, '_');

/** What is written on a cable: its ends' interfaces and addresses; a switch's ports are of no interest. */
const inscription = ({ nodes }: Plan, ends: End[]): string[] =>
  ends
    .filter(({ place }) => nodes.find(({ name }) => name === place)?.kind !== 'switch')
    .map(({ interface: device, address }) => (address ? `${device} ${address}` : device));

/** A lab as a Mermaid flow chart: pods inside their nodes, switches where cables meet. */
export function mermaid(plan: Plan): string {
  const node = (name: string, kind: string) => {
    if (kind === 'switch') return [`  ${id(name)}{{${name}}}`];
    const own = plan.pods.filter((pod) => pod.node === name).map((pod) => `    ${id(pod.name)}([${pod.name}])`);
    return [`  subgraph ${id(name)}_ [" "]`, `    ${id(name)}[${name}]`, ...own, '  end'];
  };
  const cable = ([a, b]: [End, End]) =>
    `  ${id(a.place)} ---|"${inscription(plan, [a, b]).join('<br>')}"| ${id(b.place)}`;
  return [
    'flowchart TB',
    ...plan.nodes.flatMap(({ name, kind }) => node(name, kind)),
    ...plan.links.map(({ ends }) => cable(ends)),
  ].join('\n');
}

const quoted = (text: string) => JSON.stringify(text);

/** A lab in Graphviz's language, for its layout. */
export function dot(plan: Plan): string {
  const node = (name: string, kind: string) => {
    if (kind === 'switch') return [`  ${quoted(name)} [shape=box, height=0.3, style="filled", fillcolor="#e8eaed"];`];
    const own = plan.pods.filter((pod) => pod.node === name);
    return [
      `  subgraph ${quoted(`cluster_${name}`)} {`,
      '    label=""; style="rounded"; color="#9aa0a6";',
      `    ${quoted(name)} [shape=box, style="rounded,filled", fillcolor="#d2e3fc"];`,
      ...own.map((pod) => `    ${quoted(pod.name)} [shape=ellipse, style="filled", fillcolor="#ceead6"];`),
      '  }',
    ];
  };
  const cable = ([a, b]: [End, End]) =>
    `  ${quoted(a.place)} -- ${quoted(b.place)} [label=${quoted(` ${inscription(plan, [a, b]).join('\n ')}`)}];`;
  return [
    'graph lab {',
    `  label=${quoted(plan.title)}; labelloc=t; fontname="Helvetica"; nodesep=1; ranksep=0.9;`,
    '  node [fontname="Helvetica", fontsize=12]; edge [fontname="Helvetica", fontsize=9, color="#5f6368"];',
    ...plan.nodes.flatMap(({ name, kind }) => node(name, kind)),
    ...plan.links.map(({ ends }) => cable(ends)),
    '}',
  ].join('\n');
}

/** A lab as an SVG picture. */
export async function svg(plan: Plan): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(dot(plan), { format: 'svg' });
}
