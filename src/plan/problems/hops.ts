import type { Hop } from '../../lab/words.ts';
import { compatible, isIcmpError, isIp, mirror } from '../../packet/index.ts';
import type { Problem } from '../bad-lab.ts';
import { families, type PointAt, wayOf, whereOf } from '../hops.ts';
import { hint, nearest } from '../nearest.ts';
import { cabled, type Known, nodeProblem } from './known.ts';

const FORM = 'a hop is written PLACE:INTERFACE [in|out], or PLACE [FAMILY] TABLE CHAIN for a hook';

/** Why a text is neither an interface nor a hook, and what was probably meant. */
export function whereProblem(text: string): Pick<Problem, 'what' | 'hint'> | undefined {
  const where = whereOf(text);
  const words = text.trim().split(/\s+/);
  if (where?.kind === 'hook' && families.some((family) => family === where.table))
    return {
      what: `${where.table} is a family, and a table is missing behind it: a hook is PLACE [FAMILY] TABLE CHAIN`,
    };
  if (where) return undefined;
  const [first = '', second = ''] = words;
  if (/^[^:]+:[^:]+$/.test(first) && words.length === 2)
    return { what: `${second} is no direction.`, hint: hint(second, ['in', 'out']) };
  if (!first.includes(':') && words.length === 4)
    return { what: `${second} is no family.`, hint: hint(second, families) };
  return { what: `${text} is no hop: ${FORM}` };
}

/** What keeps a hop from being read at all. */
export function formProblems(where: string, hop: Hop): Problem[] {
  if (hop.way === undefined) {
    const wrong = whereProblem(hop.at);
    if (wrong) return [{ where, ...wrong }];
    return whereOf(hop.at)?.kind === 'hook'
      ? [{ where, what: 'a hook has no headers: it is written through(PLACE, WAY, BECAUSE)' }]
      : [];
  }
  return [...hookFormProblem(hop), ...wayProblems(hop.way)].map((problem) => ({ where, ...problem }));
}

function hookFormProblem({ at, way }: Hop): Pick<Problem, 'what' | 'hint'>[] {
  if (whereOf(at)?.kind === 'point') return [{ what: `${at} is an interface: it is written at(…)` }];
  const wrong = whereProblem(at);
  if (!wrong) return [];
  return [
    wrong.what.includes(' is no hop')
      ? { what: `${way} is no hook: it is written [FAMILY] TABLE CHAIN [> CHAIN …][: ENDING], as in nat PREROUTING` }
      : wrong,
  ];
}

const verdicts = ['accept', 'drop', 'reject', 'masquerade', 'snat', 'dnat', 'redirect', 'return', 'queue'];

function wayProblems(text: string): Pick<Problem, 'what' | 'hint'>[] {
  const { chains, ending } = wayOf(text);
  const noChain = chains.find((chain) => !/^\S+$/.test(chain));
  const near = ending && !verdicts.includes(ending.verdict) && nearest(ending.verdict, verdicts);
  return [
    ...(noChain === undefined ? [] : [{ what: `'${noChain}' is no chain: chains are joined by ' > '` }]),
    ...(ending?.policy && !['accept', 'drop'].includes(ending.verdict)
      ? [{ what: `${ending.verdict} is no policy.`, hint: hint(ending.verdict, ['accept', 'drop']) }]
      : near && ending.verdict.length > 3
        ? [{ what: `${ending.verdict} is no ending.`, hint: `Did you mean ${near}?` }]
        : []),
  ];
}

/** What is wrong with one hop by itself. */
export function hopProblems(known: Known, where: string, hop: Hop): Problem[] {
  const unreadable = formProblems(where, hop);
  if (unreadable.length) return unreadable;
  const at = whereOf(hop.at)!;
  if (at.kind === 'hook') return watchedProblem(known, where, at.place);
  const owners = hop.headers.flatMap(({ fields }) =>
    Object.values(fields).flatMap((value) => (typeof value === 'object' ? [value.macOf] : [])),
  );
  return [
    ...pointProblems(known, where, at),
    ...owners.flatMap((owner) => ownerProblems(known, where, owner)),
    ...headerProblems(known, where, hop),
  ];
}

function watchedProblem(known: Known, where: string, place: string): Problem[] {
  const what = `${place} is a switch: it is a cable to a walk, and not watched`;
  return known.lab.nodes[place] === 'switch' ? [{ where, what }] : nodeProblem(known, where, place);
}

function pointProblems(known: Known, where: string, { place, device }: PointAt): Problem[] {
  const nowhere = watchedProblem(known, where, place);
  if (nowhere.length || known.devices(place).has(device)) return nowhere;
  if (Buffer.byteLength(device) > 15 || /[/:]/.test(device))
    return [
      { where, what: `${device} is no name for an interface: at most 15 bytes, no slash, no colon (IFNAMSIZ, if.h)` },
    ];
  const what = `no cable or command makes ${device} on ${place}.`;
  return [{ where, what, hint: hint(device, cabled(known.wired, place)), severity: 'warning' }];
}

function ownerProblems(known: Known, where: string, owner: string): Problem[] {
  const point = whereOf(owner);
  return point?.kind === 'point' && !point.direction
    ? pointProblems(known, where, point)
    : [{ where, what: `mac('${owner}') names no interface: it is written PLACE:INTERFACE` }];
}

function headerProblems({ registry }: Known, where: string, hop: Hop): Problem[] {
  if (!hop.headers.length) return [{ where, what: 'states no headers' }];
  return isLikeItsAnswer(hop, registry)
    ? [{ where, what: 'the answer would satisfy this hop too: state an address or, for ICMP, the type' }]
    : [];
}

/** Whether the answer to a packet as stated may be as stated, too. Nobody answers an ICMP error, and what goes to its own address crosses lo alone. */
function isLikeItsAnswer({ at, headers }: Hop, registry: Known['registry']): boolean {
  const isOneEnded = headers.some(
    ({ protocol, fields }) => isIp({ protocol }) && (fields.src === undefined) !== (fields.dst === undefined),
  );
  if (isIcmpError(headers) || (isOneEnded && !/:lo\b/.test(at))) return false;
  return compatible(headers, mirror(headers, registry));
}
