import { watched } from '../lab/read.ts';
import { newToken } from '../live/guard.ts';
import { type Limits, usualLimits } from '../live/limits.ts';
import { type Listening, serve } from '../live/server.ts';
import { picture } from '../report/html/picture.ts';
import { type Class, type ClassOptions, holdClass } from './class.ts';
import { classDoor } from './door.ts';
import { pointsOf } from './facts.ts';

export type { Class } from './class.ts';
export { type Results, resultsCsv, resultsJson } from './results.ts';

/** The page of a class, until it is disposed of; its labs end with it. */
export interface ClassPage extends AsyncDisposable {
  held: Class;
  /** What to open: to join, and to teach; of a class without a teacher, the only seat's. */
  links: { join: string; teacher: string } | { own: string };
}

/** Serves a class; `isAlone` is a workshop for one, without a teacher and without joining. */
export async function classPage(
  options: Omit<ClassOptions, 'limits'> & { isAlone?: boolean },
  where: Listening,
  limits: Partial<Limits> = {},
): Promise<ClassPage> {
  const { plan, seats, isAlone } = options;
  // Each attendee may have a page in a few tabs, and comes back while the server does not know yet that the last one is gone.
  const all = { ...usualLimits, sockets: seats * 4 + 8, ...limits };
  const held = holdClass({ ...options, limits: all });
  const tokens = isAlone ? undefined : { join: newToken(), teacher: newToken() };
  const lab = {
    title: plan.title,
    picture: await picture({ plan, seen: [] }),
    places: watched(plan),
    points: pointsOf(plan),
  };
  if (isAlone) held.seats[0]!.take('');
  const serving = await serve({ title: plan.title, shown: 'class' }, classDoor(held, lab, all, tokens), where);
  const link = (token: string) => `${serving.url}#${token}`;
  return {
    held,
    links: tokens ? { join: link(tokens.join), teacher: link(tokens.teacher) } : { own: link(held.seats[0]!.token) },
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      await held[Symbol.asyncDispose]();
    },
  };
}
