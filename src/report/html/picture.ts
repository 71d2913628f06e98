import type { HopResult, Stray } from '../../judge/result.ts';
import type { Box, Chip, Picture } from '../../page/data.ts';
import type { Plan } from '../../plan/plan.ts';

/** Where a lab's packets may be: its plan's places, and the interfaces that walks tell of. */
export interface Drawn {
  plan: Pick<Plan, 'nodes' | 'pods' | 'links' | 'walks'>;
  seen: readonly (HopResult | Stray)[];
}

interface Place {
  name: string;
  kind: Picture['places'][number]['kind'];
  node?: string;
  /** Interfaces whose cables lead up, those without a cable, and those whose cables lead down. */
  up: Chip[];
  inner: Chip[];
  down: Chip[];
}

const INCH = 72;

/** A lab as a picture: each place with its interfaces, laid out by Graphviz. */
export async function picture(drawn: Drawn): Promise<Picture> {
  const places = placesOf(drawn);
  const { instance } = await import('@viz-js/viz');
  const laid = (await instance()).renderJSON(dot(places, drawn.plan)) as Laid;
  return pictureOf(places, drawn.plan.links, laid);
}

const noBox: Box = { x: 0, y: 0, width: 0, height: 0 };

function placesOf({ plan, seen }: Drawn): Place[] {
  const kinds: Omit<Place, 'up' | 'inner' | 'down'>[] = [
    ...plan.nodes,
    ...plan.pods.map(({ name, node }) => ({ name, kind: 'pod' as const, node })),
  ];
  return kinds.map((place) => ({ ...place, ...interfacesOf(place.name, plan, seen) }));
}

/** Of a cable, the first end is above; a switch is above what is plugged into it, a node above its pods. */
function upper({ ends: [a, b] }: Plan['links'][number], plan: Drawn['plan']): 0 | 1 {
  const rank = (name: string) =>
    plan.nodes.some((node) => node.name === name && node.kind === 'switch')
      ? 0
      : plan.pods.some((pod) => pod.name === name)
        ? 2
        : 1;
  return rank(b.place) < rank(a.place) ? 1 : 0;
}

function interfacesOf(place: string, plan: Drawn['plan'], seen: Drawn['seen']): Pick<Place, 'up' | 'inner' | 'down'> {
  if (plan.nodes.some(({ name, kind }) => name === place && kind === 'switch')) return { up: [], inner: [], down: [] };
  const cabled = plan.links.flatMap((link) =>
    link.ends.flatMap(({ place: at, interface: device, address }, i) =>
      at === place
        ? [{ isUpper: upper(link, plan) === i, chip: { place, device, ...(address && { address }), ...noBox } }]
        : [],
    ),
  );
  const walked = [...plan.walks.flatMap(({ hops }) => hops), ...seen].flatMap((hop) =>
    hop.kind === 'point' && hop.place === place ? [hop.device] : [],
  );
  const inner = [...new Set(walked)].filter((device) => !cabled.some(({ chip }) => chip.device === device));
  return {
    up: cabled.flatMap(({ isUpper, chip }) => (isUpper ? [] : [chip])),
    inner: [{ place, device: '', ...noBox }, ...inner.map((device) => ({ place, device, ...noBox }))],
    down: cabled.flatMap(({ isUpper, chip }) => (isUpper ? [chip] : [])),
  };
}

const quoted = (text: string) => JSON.stringify(text);
const inRecord = (text: string) => text.replaceAll(/[\\{}|<> ]/g, '\\$&');

/** Below its name, what is in a record has room for the numbers of the hops of one part: about two letters each. */
const roomFor = (hops: number) => `\\n${'MM'.repeat(hops)}\\n`;

/** How many hops of one part are at an interface at most; those at hooks are at the place itself. */
function hopsAt({ place, device }: Chip, { walks }: Drawn['plan']): number {
  const counts = walks.flatMap(({ hops }) => {
    const here = hops.filter((hop) => hop.place === place && (hop.kind === 'point' ? hop.device : '') === device);
    return [...new Set(here.map(({ part }) => part))].map((part) => here.filter((hop) => hop.part === part).length);
  });
  return Math.max(0, ...counts);
}

const chipsOf = ({ up, inner, down }: Place) => [...up, ...inner, ...down];

/** A place as a record of Graphviz: a row each for what leads up, what is inside, and what leads down. */
function record(place: Place, plan: Drawn['plan']): string {
  const all = chipsOf(place);
  const cell = (chip: Chip) =>
    `<p${all.indexOf(chip)}> ${inRecord(chip.device || place.name)}${chip.address ? `\\n${inRecord(chip.address)}` : ''}${roomFor(hopsAt(chip, plan))}`;
  const rows = [place.up, place.inner, place.down].filter((row) => row.length);
  return `{${rows.map((row) => `{${row.map(cell).join('|')}}`).join('|')}}`;
}

function dot(places: Place[], plan: Drawn['plan']): string {
  const drawn = (place: Place) =>
    place.kind === 'switch'
      ? `  ${quoted(place.name)} [shape=box, width=1.6, height=0.35];`
      : `  ${quoted(place.name)} [shape=record, label=${quoted(record(place, plan)).replaceAll('\\\\', '\\')}];`;
  const owners = places.filter(({ kind }) => kind !== 'pod' && kind !== 'switch');
  const clusters = owners.map(({ name }, i) =>
    [
      `  subgraph ${quoted(`cluster_${i}`)} { margin=14;`,
      ...places.filter((each) => each.name === name || each.node === name).map((each) => `  ${drawn(each)}`),
      '  }',
    ].join('\n'),
  );
  return [
    'graph lab {',
    '  nodesep=0.35; ranksep=0.6; node [fontname="Helvetica", fontsize=12, margin="0.14,0.09"];',
    ...clusters,
    ...places.filter(({ kind }) => kind === 'switch').map(drawn),
    ...plan.links.map((link) => edge(link, places)),
    '}',
  ].join('\n');
}

function edge({ ends }: Plan['links'][number], places: Place[]): string {
  const at = (i: 0 | 1) => {
    const { place: name, interface: device } = ends[i];
    const place = places.find((each) => each.name === name)!;
    const port = chipsOf(place).findIndex((chip) => chip.device === device);
    const side = place.up.some((chip) => chip.device === device) ? 'n' : 's';
    return { text: port < 0 ? quoted(name) : `${quoted(name)}:p${port}:${side}`, isLower: side === 'n' && port >= 0 };
  };
  const [a, b] = [at(0), at(1)];
  return a.isLower ? `  ${b.text} -- ${a.text};` : `  ${a.text} -- ${b.text};`;
}

/** What of Graphviz's `json` is read; its y grows upwards. */
interface Laid {
  bb: string;
  objects?: { name: string; pos?: string; bb?: string; width?: string; height?: string; rects?: string }[];
  edges?: { pos: string }[];
}

function pictureOf(places: Place[], links: Plan['links'], { bb, objects = [], edges = [] }: Laid): Picture {
  const [, , width = 0, height = 0] = bb.split(',').map(Number);
  const boxOf = (text: string): Box => {
    const [left = 0, low = 0, right = 0, high = 0] = text.split(',').map(Number);
    return rounded({
      x: (left + right) / 2,
      y: height - (low + high) / 2,
      width: right - left,
      height: Math.abs(high - low),
    });
  };
  const found = (name: string) => objects.find((each) => each.name === name && each.pos);
  const placeBox = (name: string): Box => {
    const { pos = '0,0', width: inches = 0, height: tall = 0 } = found(name) ?? {};
    const [x = 0, y = 0] = pos.split(',').map(Number);
    return rounded({ x, y: height - y, width: Number(inches) * INCH, height: Number(tall) * INCH });
  };
  return {
    width,
    height,
    frames: objects.flatMap((each) => (each.bb && !each.pos ? [boxOf(each.bb)] : [])),
    places: places.map(({ name, kind }) => ({ name, kind, ...placeBox(name) })),
    chips: places.flatMap((place) => {
      if (place.kind === 'switch') return [{ place: place.name, device: '', ...placeBox(place.name) }];
      const rects = (found(place.name)?.rects ?? '').split(' ');
      return chipsOf(place).map((chip, i) => ({ ...chip, ...boxOf(rects[i] ?? '') }));
    }),
    cables: links.map(({ ends }, i) => {
      const points = (edges[i]?.pos ?? '').split(' ').flatMap((text): [number, number][] => {
        const [x = Number.NaN, y = Number.NaN] = text.split(',').map(Number);
        return Number.isNaN(x) || Number.isNaN(y) ? [] : [[tenth(x), tenth(height - y)]];
      });
      const [a, b] = ends.map(({ place, interface: device }) => `${place}:${device}`) as [string, string];
      return { ends: isReversed(ends, places) ? [b, a] : [a, b], points };
    }),
  };
}

const isReversed = ([{ place: name, interface: device }]: Plan['links'][number]['ends'], places: Place[]) =>
  places.some((place) => place.name === name && place.up.some((chip) => chip.device === device));

const tenth = (value: number) => Math.round(value * 10) / 10;

const rounded = ({ x, y, width, height }: Box): Box => ({
  x: tenth(x),
  y: tenth(y),
  width: tenth(width),
  height: tenth(height),
});
