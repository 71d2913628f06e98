import { commandsOf, podsNode, proven } from '../../lab/read.ts';
import type { Lab, Proof } from '../../lab/words.ts';
import type { Registry } from '../../packet/index.ts';
import type { Problem } from '../bad-lab.ts';
import type { Link } from '../cables.ts';
import { hint } from '../nearest.ts';
import { protocolsOf, withProtocols } from '../registry.ts';
import { typed, wordsOf } from '../script.ts';

/** A lab and what it is judged by: its cables, and the lines that its steps and faults type. */
export interface Known {
  lab: Lab;
  wired: Link[];
  /** The protocols that its frames are read by. */
  registry: Registry;
  /** The lines that are typed at a place, at its node, or at another pod of that node. */
  linesNear(place: string): string[];
  /** The words that may name an interface of a place: its cables' ends, and whatever those lines mention. */
  devices(place: string): Set<string>;
}

export function known(lab: Lab, wired: Link[]): Known {
  const scripts = [
    ...Object.values(lab.setup).map(commandsOf),
    ...Object.values(lab.faults ?? {}).flatMap((fault) => [fault.break, fault.fix]),
  ].flatMap(typed);
  const home = (name: string) => podsNode(lab.nodes[name] ?? '') ?? name;
  const near = new Map<string, string[]>();
  for (const { place, lines } of scripts) {
    const all = near.get(home(place));
    if (all) all.push(...lines);
    else near.set(home(place), [...lines]);
  }
  const linesNear = (place: string) => near.get(home(place)) ?? [];
  const found = new Map<string, Set<string>>();
  const devices = (place: string) => {
    const words = found.get(place) ?? new Set(['lo', ...cabled(wired, place), ...linesNear(place).flatMap(wordsOf)]);
    found.set(place, words);
    return words;
  };
  return { lab, wired, registry: protocolsOf(withProtocols(lab)), linesNear, devices };
}

/** The interfaces that cables end at. */
export const cabled = (wired: Link[], place: string): string[] =>
  wired.flatMap(({ ends }) => ends).flatMap((end) => (end.place === place ? [end.interface] : []));

/** That a node is not there, with the one that was probably meant. */
export function nodeProblem({ lab }: Known, where: string, name: string): Problem[] {
  if (Object.hasOwn(lab.nodes, name)) return [];
  return [{ where, what: `there is no node ${name}.`, hint: hint(name, Object.keys(lab.nodes)) }];
}

/** What is wrong with the places at which something is typed. */
export const placeProblems = (known: Known, where: string, places: string[]): Problem[] =>
  places.flatMap((name) => {
    const here = `${where}.${name}`;
    const what = `${name} is a switch: it is a cable, and nothing can be typed there`;
    return known.lab.nodes[name] === 'switch' ? [{ where: here, what }] : nodeProblem(known, here, name);
  });

/** That a claim is not there, with the one that was probably meant. */
export function claimProblem({ lab }: Known, where: string, proof: Proof): Problem[] {
  const { id } = proven(proof);
  const ids = Object.keys(lab.claims ?? {});
  return ids.includes(id) ? [] : [{ where, what: `there is no claim ${id}.`, hint: hint(id, ids) }];
}

/** The parts of a lab that are named, in its own order. */
export const named = <T>(record: Record<string, T> | undefined): [string, T][] => Object.entries(record ?? {});
