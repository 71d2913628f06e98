import type { Plan } from '../../plan/plan.ts';
import { planned } from '../../record/claims.ts';
import { type ClaimEntry, noteOf } from '../../record/ledger.ts';
import { count, tableRow } from '../page/parts.ts';

/** Labs as they build on each other: in the order of the claims that are most their own, those without any at the end. */
export function inOrder(plans: Plan[]): Plan[] {
  const known = [...new Set(plans.flatMap(({ claims }) => Object.keys(claims)))];
  const carried = new Map(plans.map((plan) => [plan, new Set(planned(plan).map(({ id }) => id))]));
  const carriers = (id: string) => plans.filter((plan) => carried.get(plan)!.has(id)).length;
  const rank = (plan: Plan) =>
    Math.min(...[...carried.get(plan)!].map((id) => carriers(id) * known.length + known.indexOf(id)));
  return [...plans].sort((a, b) => (rank(a) === rank(b) ? (a.name < b.name ? -1 : 1) : rank(a) - rank(b)));
}

/** A link to a lab's page, from a page that has the pages of labs in this folder. */
const link = (name: string, folder: string) => `[${name}](${folder}/${name}.md)`;

/** The table of labs of README.md. */
export const labsTable = (plans: Plan[]): string =>
  [
    '| Lab | What it proves | Walks | Drills |',
    '| --- | --- | --- | --- |',
    ...inOrder(plans).map(({ name, title, walks, faults }) =>
      [`| ${link(name, 'docs/labs')}`, title.replaceAll('|', '\\|'), walks.length, `${faults.length} |`].join(' | '),
    ),
  ].join('\n');

/** The table of claims of docs/claims.md; `documents` are the titles by whose numbers it names them. */
export function claimsTable(entries: ClaimEntry[], documents: string[]): string {
  const proven = entries.filter(({ verdict }) => verdict !== 'unproven');
  const open = entries.filter(({ verdict }) => verdict === 'unproven').map(({ id }) => id);
  return [
    '| Claim | Document | It says | Verdict | What the labs show | Labs |',
    '| --- | --- | --- | --- | --- | --- |',
    ...proven.map((entry) => {
      const { id, document, says, verdict, labs } = entry;
      const number = String(documents.indexOf(document) + 1);
      const cells = tableRow([id, number, says, verdict, noteOf(entry)]);
      return `${cells} ${labs.map(({ lab }) => link(lab, 'labs')).join(', ')} |`;
    }),
    ...(open.length ? ['', `No lab proves these yet: ${open.join(', ')}.`] : []),
    '',
    `In all: ${count(entries.length, 'claim')}, ${verdicts(entries)}.`,
  ].join('\n');
}

function verdicts(entries: ClaimEntry[]): string {
  const all = [...new Set(entries.map(({ verdict }) => verdict))];
  return all.map((each) => `${entries.filter(({ verdict }) => verdict === each).length} ${each}`).join(', ');
}

/** A page in which the part between `<!-- name -->` and `<!-- /name -->` is this text. */
export function withPart(page: string, name: string, text: string): string {
  const part = new RegExp(`(<!-- ${name}\\b[^>]*-->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`);
  if (!part.test(page)) throw new Error(`there is no part <!-- ${name} --> … <!-- /${name} -->`);
  return page.replace(part, (_, begin, end) => `${begin}\n${text}\n${end}`);
}

/** The titles of the documents, by the numbers that docs/claims.md gives them. */
const documentsOf = (page: string): string[] => [...page.matchAll(/^\d+\. \*(.+)\*$/gm)].map(([, title]) => title!);

/** README.md with its table of labs as the plans have it. */
export const readmeWith = (readme: string, plans: Plan[]): string => withPart(readme, 'labs', labsTable(plans));

/** docs/claims.md with its table as the ledger of these claims has it. */
export const claimsPageWith = (page: string, entries: ClaimEntry[]): string =>
  withPart(page, 'claims', claimsTable(entries, documentsOf(page)));
