import { randomUUID } from 'node:crypto';
import { watched } from '../lab/read.ts';
import type { Role } from '../page/live/messages.ts';
import { html } from '../report/html/html.ts';
import { labFacts, madeWith, runPage } from '../report/html/page-data.ts';
import { picture } from '../report/html/picture.ts';
import { newToken } from './guard.ts';
import type { OpenLab } from './lab.ts';
import { type Limits, usualLimits } from './limits.ts';
import { type Listening, serve } from './server.ts';
import { labDoor, type Served } from './session.ts';
import { terminals } from './terminals.ts';

export { isLoopback, isUnspecified } from './guard.ts';
export { type OpenLab, openLab } from './lab.ts';
export type { Listening } from './server.ts';

/** The page of an open lab, until it is disposed of. */
export interface LivePage extends AsyncDisposable {
  /** What to open, with the token of each role. */
  links: Record<Role, string>;
}

/** Serves the page of an open lab. */
export async function livePage(lab: OpenLab, where: Listening, limits: Limits = usualLimits): Promise<LivePage> {
  const { plan, runtime } = lab;
  const { name, title } = plan;
  const places = [...plan.nodes, ...plan.pods].map((each) => each.name).filter((each) => runtime.has(each));
  const lent = terminals(runtime, places, limits);
  const tokens = { owner: newToken(), watcher: newToken() };
  const served: Served = {
    ...{ lab, limits, tokens, terminals: lent },
    facts: {
      ...{ opening: randomUUID(), name, title, places, senders: watched(plan), made: madeWith() },
      facts: labFacts(plan),
      picture: await picture({ plan, seen: [] }),
      walks: plan.walks.map((walk) => walk.name),
    },
    report: async () => html(await runPage(lab.document(), plan)),
  };
  const serving = await serve({ title, shown: 'lab' }, labDoor(served), where);
  return {
    links: { owner: `${serving.url}#${tokens.owner}`, watcher: `${serving.url}#${tokens.watcher}` },
    async [Symbol.asyncDispose]() {
      lent.end();
      await serving[Symbol.asyncDispose]();
    },
  };
}
