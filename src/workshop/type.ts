import type { Typed } from '../plan/plan.ts';
import type { Runtime } from '../runtime/index.ts';
import { conditionOf, kindOfLine, linesOfKind } from './items.ts';
import type { Context } from './play.ts';

/** What it takes to type. */
type Hands = Pick<Context, 'plan' | 'lab' | 'shell'>;

/** What a condition may take; it ends by itself before that. */
const TIMEOUT_MS = 120_000;

/** What a line may take that is typed. */
const LINE_MS = 30_000;

/** Writes the files that some commands give, and makes their folders: none of that is for typing. */
export async function give({ plan, lab }: Pick<Context, 'plan' | 'lab'>, commands: readonly Typed[]): Promise<void> {
  await Promise.all(linesOfKind(plan, commands, 'given').map(({ place, lines }) => lab().runtime.run(place, lines)));
}

/**
 * Types lines as an attendee does, into the shell of each place, at all nodes at once and then at their pods; what a line waits
 * for is waited for. Returns what was typed, and of a line that failed what it said, after which nothing more is typed there.
 */
export async function typeLines(context: Hands, commands: readonly Typed[], timeoutMs = TIMEOUT_MS): Promise<string[]> {
  const { plan } = context;
  await give(context, commands);
  const isPod = ({ place }: Typed) => plan.pods.some(({ name }) => name === place);
  const told: string[] = [];
  for (const wave of [commands.filter((each) => !isPod(each)), commands.filter(isPod)])
    told.push(...(await Promise.all(wave.map((each) => typeAt(context, each, timeoutMs)))).flat());
  return told;
}

async function typeAt({ plan, lab, shell }: Hands, { place, lines }: Typed, timeoutMs: number): Promise<string[]> {
  const told: string[] = [];
  const due = lines.filter((line) => kindOfLine(plan, line) !== 'given');
  const at = due.some((line) => kindOfLine(plan, line) === 'typed') ? await shell(place) : undefined;
  for (const line of due) {
    const isTyped = at && kindOfLine(plan, line) === 'typed';
    told.push(isTyped ? `${place}# ${shownLine(line)}` : `${place}: until ${conditionOf(plan, line)}`);
    const { code, printed } = isTyped
      ? await at.run(line, LINE_MS)
      : await awaited(lab().runtime, place, line, timeoutMs);
    if (!code) continue;
    told.push(`${place}: that ended with ${code}: ${lastOf(printed, line)}`);
    break;
  }
  return told;
}

async function awaited(runtime: Runtime, place: string, line: string, timeoutMs: number) {
  const { code, stdout, stderr } = await runtime.run(place, [line], { timeoutMs });
  return { code, printed: `${stdout}${stderr}` };
}

/** A line as it is shown: what went on in another line of its file was indented there. */
export const shownLine = (line: string): string =>
  line.includes('\n') ? line : line.replace(/(?<=\S) {3,}(?=\S)/g, ' ');

/** What a shell printed after the line that was typed. */
const lastOf = (printed: string, line: string): string =>
  printed
    .split(/\r?\n/)
    .filter((each) => each.trim() && !line.includes(each.trim()))
    .at(-1)
    ?.trim() ?? 'it said nothing';
