import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '../../labs/kit/kube-proxy/objects.ts';
import { kubernetes } from '../../labs/kit/kube-proxy/services.ts';
import { dumpDifferences } from '../../src/compare/dumps.ts';
import { type Dump, type DumpSection, dumpIn } from '../../src/record/dump.ts';

type Mode = 'iptables' | 'nftables' | 'ipvs';

const read = (mode: Mode, file: string) =>
  readFileSync(new URL(`./recorded/kube-proxy-${mode}/${file}`, import.meta.url), 'utf8');

/** The sets of services of which kube-proxy was recorded, in each mode: `a-clusterip` and others. */
export const cases = readdirSync(new URL('./recorded/kube-proxy-iptables/', import.meta.url)).flatMap((file) =>
  file.endsWith('.json') ? [file.replace('.json', '')] : [],
);

/** The objects of a case, without the API server's own service. */
export const ownObjects = (name: string) =>
  (JSON.parse(read('iptables', `${name}.json`)) as { items: KubeObject[] }).items;

/** All objects of a case: the API server's own service is in every cluster, and in no record's list. */
export const objectsOf = (name: string): KubeObject[] => [...kubernetes, ...ownObjects(name)];

/** One object's text in another's stead: a cluster that is not the recorded one. */
export const changed = (name: string, was: string, is: string): KubeObject[] =>
  JSON.parse(JSON.stringify(objectsOf(name)).replaceAll(was, is));

export const recordOf = (mode: Mode, name: string): Dump => dumpIn(read(mode, `${name}.txt`), `${mode}/${name}.txt`);

/** How what is written differs from what was recorded, a sentence each. */
export const differences = (recorded: Dump, sections: DumpSection[]): string[] =>
  dumpDifferences(recorded, { daemons: [], kernel: '', node: 'master', sections }).map(
    ({ what, recorded: was, now }) => `${what}: recorded ${was ?? 'nothing'}, now ${now ?? 'nothing'}`,
  );
