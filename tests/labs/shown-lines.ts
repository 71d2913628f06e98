import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as bird from '../../labs/kit/calico/bird.ts';
import { soon, until, within } from '../../labs/kit/until.ts';
import { commandsOf } from '../../src/lab/read.ts';
import type { StandIn } from '../../src/lab/stand-in.ts';
import type { Daemon, Lab, Script } from '../../src/lab/words.ts';
import { typed } from '../../src/plan/script.ts';

const kit = fileURLToPath(new URL('../../labs/kit/', import.meta.url));

/** The kit's programs: the text of each file that is not TypeScript, by its name. */
export const programs: ReadonlyMap<string, string> = new Map(
  readdirSync(kit, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('//', '/'))
    .map((path) => [path.slice(kit.length), readFileSync(path, 'utf8')]),
);

/** Where a value is put into a text. */
const GAP = '\u0000';

const escaped: Record<string, string> = { n: '\n', t: '\t', '\n': '' };

/** The texts that stand between quotes in a TypeScript file, each with a gap where a value is put in. */
export function textsOf(source: string): string[] {
  const found: string[] = [];
  let at = 0;
  const text = (quote: string) => {
    let own = '';
    for (at++; source[at] !== quote; at++) {
      if (at >= source.length) throw new Error(`a text has no end: ${own.slice(0, 60)}`);
      if (source[at] === '\\') own += escaped[source[++at]!] ?? source[at]!;
      else if (quote === '`' && source.startsWith('${', at)) {
        own += GAP;
        at += 2;
        code('}');
      } else own += source[at];
    }
    found.push(own);
  };
  const code = (end: string) => {
    for (let depth = 0; at < source.length; at++) {
      const here = source[at]!;
      if (here === end && depth === 0) return;
      if (here === '{') depth++;
      else if (here === '}') depth--;
      else if (source.startsWith('//', at)) at = source.indexOf('\n', at);
      else if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 1;
      else if (`'"\``.includes(here)) text(here);
    }
  };
  code('');
  return found;
}

const oneBlank = (line: string) => line.trim().replaceAll(/\s+/g, ' ');

/** What a line of a text can have become: the same, with a value of the cluster, which has no blank, in each gap. */
function becomes(line: string): RegExp[] {
  const words = oneBlank(line);
  if (!words || words.startsWith(GAP) || words.split(' ').every((word) => word.includes(GAP))) return [];
  const quoted = words.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(GAP, '[\\w.,:/-]+');
  return [new RegExp(`^${quoted}$`)];
}

/** The words of the kit that wait for something: what is waited for is what counts. */
const waits = [until(GAP), until(GAP, 5), soon(GAP), soon(GAP, 5), within(GAP, 60), bird.until(GAP)].map(
  (line) => line.split(GAP) as [string, string],
);

const unwrapped = (command: string) => {
  const wait = waits.find(([before, after]) => command.startsWith(before) && command.endsWith(after));
  return wait ? command.slice(wait[0].length, -wait[1].length) : command;
};

const listed = <T>(some: T | readonly T[]): readonly T[] => (Array.isArray(some) ? some : [some as T]);

/** The parts of a script; of a stand-in those that are typed unless the real daemon is asked for. */
const parts = (script: Script | undefined): (string | Daemon)[] =>
  listed<string | Daemon | StandIn>((script ?? []) as string).flatMap((part) =>
    typeof part === 'object' && 'standsFor' in part ? listed<string | Daemon>(part.small as string) : [part],
  );

const inPlaceOf = (setup: Lab['setup']): Pick<Lab, 'setup'> => ({ setup });

/** What breaks a lab in its drills and mends it, in place of what builds it. */
export const ofDrills = ({ faults = {} }: Lab) =>
  inPlaceOf(
    Object.fromEntries(
      Object.entries(faults).flatMap(([name, fault]) => [
        [`${name}: break`, fault.break],
        [`${name}: fix`, fault.fix],
      ]),
    ),
  );

/** What the checks of a lab type, once each, in place of what builds it. */
export const ofChecks = ({ checks = {} }: Lab) =>
  inPlaceOf(
    Object.fromEntries(
      Object.entries(checks).flatMap(([name, check]) =>
        'run' in check ? [[name, { [Object.keys(check.see)[0] ?? '']: check.run }]] : [],
      ),
    ),
  );

/** What sends the packets of a lab's walks, in place of what builds it. */
export const ofWalks = ({ walks }: Lab) =>
  inPlaceOf(Object.fromEntries(Object.entries(walks).map(([name, { send }]) => [name, { [send.from]: send.command }])));

/**
 * Lines that are typed to build a lab, and neither stand in its file nor are made from one line of it by putting values into
 * it. A program that is written to a node counts as standing there where the lab names its file.
 */
export function hiddenLines({ setup }: Pick<Lab, 'setup'>, source: string): string[] {
  const texts = textsOf(source);
  const patterns = texts.flatMap((text) => text.split('\n')).flatMap(becomes);
  const stands = (line: string) => patterns.some((pattern) => pattern.test(oneBlank(line)));
  const named = (text: string) => texts.some((name) => programs.get(name) === text);

  const hiddenIn = (command: string): string[] => {
    const [first = '', ...rest] = command.split('\n');
    if (!rest.length) return stands(unwrapped(command)) ? [] : [command];
    const path = /^cat > (\S+) <<'END'$/.exec(first)?.[1];
    const body = rest.slice(0, -1);
    if (path && named(`${body.join('\n')}\n`))
      return texts.some((text) => pathBecomes(text)?.test(path)) ? [] : [first];
    return [first.replace(/ <<'END'$/, ''), ...body].filter(
      (line) => line.trim() && !stands(line) && !stands(`${line} <<'END'`),
    );
  };

  return Object.values(setup).flatMap((step) =>
    Object.values(commandsOf(step)).flatMap((script) =>
      parts(script).flatMap((part) => {
        if (typeof part !== 'string') return [part.run, ...Object.values(part.ready)].flatMap(hiddenIn);
        return typed({ place: part }).flatMap(({ lines }) => lines.flatMap(hiddenIn));
      }),
    ),
  );
}

/** A path in which a value may stand: `/run/${name}.program`. */
const pathBecomes = (text: string) =>
  text.startsWith('/run/') ? new RegExp(`^${text.replaceAll('.', '\\.').replaceAll(GAP, '[\\w-]+')}$`) : undefined;
