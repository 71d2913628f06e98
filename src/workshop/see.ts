import type { WalkResult } from '../judge/result.ts';
import { describe } from '../packet/index.ts';
import type { PlannedHop } from '../plan/hops.ts';
import { whereText } from '../plan/hops.ts';
import type { PlannedWalk } from '../plan/plan.ts';
import { walk } from '../prove/walk.ts';
import { walkLines } from '../report/terminal/walk.ts';
import type { SeeItem } from './items.ts';
import type { Context, Play, Told } from './play.ts';

/** The hop that is asked for: where the packet gets or loses a wrapping, or else the middle one of the request. */
export function askedHop({ hops }: Pick<PlannedWalk, 'hops'>): { before: PlannedHop[]; asked: PlannedHop } | undefined {
  const request = hops.filter(({ part, kind, onWay }) => part === 'request' && kind === 'point' && !onWay);
  const depth = (hop: PlannedHop) => (hop.kind === 'point' ? hop.headers.length : 0);
  const wraps = request.findIndex((hop, i) => i > 0 && depth(hop) !== depth(request[i - 1]!));
  const index = wraps > 0 ? wraps : Math.floor(request.length / 2);
  const asked = request[index];
  return asked && index > 0 ? { before: request.slice(0, index), asked } : undefined;
}

/** A place as people name it: without the direction. */
const nameOf = (hop: PlannedHop): string => whereText(hop).replace(/ (in|out)$/, '');

/** That the other parts of a walk that passed went as listed, and how many hops they have. */
function othersLine({ hops }: WalkResult, passed: boolean): string[] {
  const others = [...new Set(hops.map(({ part }) => part))].filter((part) => part !== 'request');
  const counts = others.map((part) => `${part} ${hops.filter((hop) => hop.part === part).length} hops`);
  return passed && counts.length ? [`    and as listed, too: ${counts.join(', ')}`] : [];
}

/** A walk: done once it was watched. */
export function see({ live, columns }: Context, { walk: planned }: SeeItem): Play {
  const question = askedHop(planned);

  const watchIt = async (): Promise<Told> => {
    const eyes = await live();
    const [result] = await walk(eyes, [planned], { causes: true });
    const passed = result!.verdict === 'passed';
    const shown = passed ? { ...result!, hops: result!.hops.filter(({ part }) => part === 'request') } : result!;
    return {
      passed,
      lines: [...walkLines(shown, { columns: columns(), detail: 'tree' }), ...othersLine(result!, passed)],
    };
  };

  return {
    async open() {
      const sent = `${planned.send.from}# ${planned.send.command}`;
      if (!question) return [sent, 'Watch it: type `check`.'];
      const { before } = question;
      return [
        sent,
        'Its packet is seen here:',
        ...before.map((hop) => `  ${nameOf(hop)}  ${hop.because}`),
        'And where next? Look around, then type `predict PLACE:INTERFACE`. Or only watch it: `check`.',
      ];
    },
    check: async (isAsked) => (isAsked ? watchIt() : { passed: false, lines: [] }),
    async hint(level) {
      if (!question) return ['There is nothing to find out: type `check`.'];
      const { asked } = question;
      if (level === 1) return [`Why it is there: ${asked.because}`];
      if (level === 2) return asked.kind === 'point' ? [`What it is there: ${describe(asked.headers).join(', ')}`] : [];
      return [`predict ${nameOf(asked)}`];
    },
    // What was watched is shown by the check that follows.
    solve: async () => [],
    ...(question && {
      async predict(where: string) {
        const isRight = where === nameOf(question.asked);
        const said = isRight
          ? `✓ Yes, it is seen at ${where} next.`
          : `✗ No: it is seen at ${nameOf(question.asked)} next.`;
        const { passed, lines } = await watchIt();
        return { isRight, passed, lines: [said, ...lines] };
      },
    }),
  };
}
