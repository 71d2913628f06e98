import type { End, Plan } from './plan.ts';

const id = (name: string) => name.replaceAll(/\W/g, '_');
const port = ({ interface: device, address }: End) => (address ? `${device} ${address}` : device);

/** A lab as a Mermaid flow chart: pods inside their nodes, switches as cables meet them. */
export function mermaid({ nodes, pods, links }: Plan): string {
  const node = (name: string, kind: string) => {
    if (kind === 'switch') return [`  ${id(name)}{{${name}}}`];
    const own = pods.filter((pod) => pod.node === name).map((pod) => `    ${id(pod.name)}([${pod.name}])`);
    return [`  subgraph ${id(name)}_ [" "]`, `    ${id(name)}[${name}]`, ...own, '  end'];
  };
  return [
    'flowchart TB',
    ...nodes.flatMap(({ name, kind }) => node(name, kind)),
    ...links.map(({ ends: [a, b] }) => `  ${id(a.place)} ---|"${port(a)}<br>${port(b)}"| ${id(b.place)}`),
  ].join('\n');
}

const quoted = (text: string) => JSON.stringify(text);

/** A lab in Graphviz's language, for its layout. */
export function dot({ title, nodes, pods, links }: Plan): string {
  const cluster = (name: string, kind: string) => {
    if (kind === 'switch') return [`  ${quoted(name)} [shape=box, height=0.3, style="filled", fillcolor="#e8eaed"];`];
    const own = pods.filter((pod) => pod.node === name);
    return [
      `  subgraph ${quoted(`cluster_${name}`)} {`,
      '    style="rounded"; color="#9aa0a6";',
      `    ${quoted(name)} [shape=box, style="rounded,filled", fillcolor="#d2e3fc"];`,
      ...own.map((pod) => `    ${quoted(pod.name)} [shape=ellipse, style="filled", fillcolor="#ceead6"];`),
      '  }',
    ];
  };
  return [
    'graph lab {',
    `  label=${quoted(title)}; labelloc=t; fontname="Helvetica"; nodesep=0.8; ranksep=1.1;`,
    '  node [fontname="Helvetica", fontsize=12]; edge [fontname="Helvetica", fontsize=9, color="#5f6368"];',
    ...nodes.flatMap(({ name, kind }) => cluster(name, kind)),
    ...links.map(
      ({ ends: [a, b] }) => `  ${quoted(a.place)} -- ${quoted(b.place)} [label=${quoted(`${port(a)}\n${port(b)}`)}];`,
    ),
    '}',
  ].join('\n');
}

/** A lab as an SVG picture. */
export async function svg(plan: Plan): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  return (await instance()).renderString(dot(plan), { format: 'svg' });
}
