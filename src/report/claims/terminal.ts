import { bold, cyan, dim } from 'yoctocolors';
import type { ClaimEntry, ClaimVerdict, LabEntry, Shown } from '../../record/ledger.ts';
import { type Content, hopText, seenOf } from '../notation.ts';
import { commandLines, outputLines } from '../terminal/command.ts';
import { sign, styleOf } from '../terminal/sign.ts';
import { stackLines } from '../terminal/stack.ts';
import { indented, row, wrapped } from '../terminal/text.ts';

/** Every claim: who says it, how it stands, and of what is not simply confirmed what each lab shows. */
export const ledgerLines = (entries: ClaimEntry[], columns: number): string[] =>
  entries.flatMap((entry) => [...entryLines(entry, columns), '']);

function entryLines({ id, document, says, verdict, labs }: ClaimEntry, columns: number): string[] {
  const left = id.length + 3;
  const names = labs.map(({ lab }) => lab).join(', ');
  const plain = labs.every((each) => each.verdict === verdict && (verdict === 'confirmed' || !each.note));
  const source = [document, ...(plain && names ? [names] : [])].join(': ');
  return [
    ...row(`${sign(verdict)} ${bold(id)}`, says, styleOf(verdict)(verdict), { columns }),
    ...indented(wrapped(source, columns - left).map(dim), left),
    ...(plain
      ? []
      : indented(
          alike(labs).flatMap((each) => labLines(each, columns - left)),
          left,
        )),
  ];
}

type Alike = Omit<LabEntry, 'lab'> & { labs: string[] };

/** Labs that say the same of a claim, together: the evidence is that of the first. */
function alike(entries: LabEntry[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const { lab, ...entry } of entries) {
    const key = JSON.stringify([entry.verdict, entry.verdict === 'confirmed' || entry.note]);
    const group = groups.get(key);
    if (group) group.labs.push(lab);
    else groups.set(key, { ...entry, labs: [lab] });
  }
  return [...groups.values()];
}

function labLines({ labs, verdict, note, runtime, at, evidence }: Alike, columns: number): string[] {
  const when = at && labs.length === 1 ? dim(`, on ${runtime}, ${at.slice(0, 16).replace('T', ' ')}`) : '';
  const told = verdict === 'confirmed' ? '' : note;
  return [
    `${styleOf(verdict)(verdict)}${runtime ? ' by ' : ': '}${labs.join(', ')}${when}`,
    ...(told ? indented(wrapped(told, columns - 2), 2) : []),
    ...indented(evidenceLines(evidence, columns - 2), 2),
  ];
}

/** What was seen, title by title; where a title was seen at several places, the first, and the names of the others. */
function evidenceLines(evidence: Shown[], columns: number): string[] {
  const titles = [...new Set(evidence.map(({ title }) => title))];
  return titles.flatMap((title) => {
    const [first, ...others] = evidence.filter((each) => each.title === title);
    return [
      ...row(sign(first!.verdict), title, '', { columns, style: cyan }),
      ...indented(shownLines(first!, columns - 2), 2),
      ...(others.length ? indented([dim(`and at ${others.map(({ node }) => node).join(', ')}`)], 2) : []),
    ];
  });
}

function shownLines({ node, command, output, hops = [] }: Shown, columns: number): string[] {
  return [
    ...(node ? commandLines(node, command, columns) : []),
    ...(output === undefined ? [] : indented(outputLines(output, columns - 2), 2)),
    ...hops.flatMap((hop) => {
      const seen = seenOf(hop);
      return [
        `  ${hopText(hop, { hops, strays: [] })}`,
        ...indented(seen ? contentLines(seen, columns - 6) : ['nothing'], 6).map(dim),
      ];
    }),
  ];
}

const contentLines = (content: Content, columns: number): string[] =>
  'headers' in content ? stackLines(content.headers, columns) : wrapped(content.way, columns);

const ORDER: ClaimVerdict[] = [
  'confirmed',
  'corrected',
  'refuted',
  'unknown',
  'changed since',
  'not run here yet',
  'unproven',
];

/** How many claims stand how: `70 claims: 60 confirmed, 10 corrected`. */
export function countLine(entries: ClaimEntry[]): string {
  const parts = ORDER.flatMap((verdict) => {
    const count = entries.filter((each) => each.verdict === verdict).length;
    return count ? [`${count} ${verdict}`] : [];
  });
  return `${entries.length} claim${entries.length === 1 ? '' : 's'}: ${parts.join(', ')}`;
}
