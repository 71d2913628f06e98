import type { FromPage, LabMessage, Role, TerminalFacts, ToPage } from '../page/live/messages.ts';
import { BadUsage } from '../plan/usage.ts';
import { inTerminal, type Shapes } from './fields.ts';
import { isSameToken } from './guard.ts';
import type { OpenLab } from './lab.ts';
import type { Limits } from './limits.ts';
import type { Door, Handlers } from './speak.ts';
import { tapPoints } from './taps.ts';
import type { Terminals } from './terminals.ts';

/** What all pages of a lab have in common. */
export interface Served {
  lab: OpenLab;
  terminals: Terminals;
  limits: Limits;
  tokens: Record<Role, string>;
  facts: Omit<LabMessage, 'kind' | 'role' | 'points'>;
  /** All that was found out, as one file. */
  report(): Promise<string>;
}

const shapes: Shapes<FromPage> = {
  hello: { token: 'text', opening: 'text', since: 'number' },
  prove: {},
  walk: { name: 'text' },
  'own walk': { from: 'text', to: 'text' },
  drill: { fault: 'text' },
  break: {},
  hint: {},
  mend: {},
  tap: { points: 'texts' },
  report: {},
  terminal: { place: 'text', rows: 'number', columns: 'number' },
  resize: { id: 'number', rows: 'number', columns: 'number' },
  close: { id: 'number' },
  ack: { id: 'number', bytes: 'number' },
};

/** Lets pages into an open lab: its owner's, and those that watch. */
export const labDoor = (served: Served): Door<FromPage, ToPage> => ({
  limits: served.limits,
  shapes,
  enter({ token, opening, since }, page) {
    const { lab, facts, tokens } = served;
    const role = (['owner', 'watcher'] as const).find((each) => isSameToken(token, tokens[each]));
    if (!role) return undefined;
    page.send({ kind: 'lab', role, ...facts, points: lab.points() });
    for (const news of lab.news.since(opening === facts.opening ? since : 0)) page.send(news);
    const endNews = lab.news.hear((news) => {
      page.send(news);
      if (news.event.type === 'work ended') page.send({ kind: 'points', points: lab.points() });
    });
    if (role === 'watcher') return { handlers: {}, left: endNews };
    const viewer = { said: page.said, changed: (list: TerminalFacts[]) => page.send({ kind: 'terminals', list }) };
    const detach = served.terminals.attach(viewer);
    const { handlers, endTap } = ofLab(served, page.send);
    return {
      handlers: { ...handlers, ...ofTerminals(served.terminals, viewer) },
      typed: served.terminals.type,
      left() {
        endNews();
        detach();
        endTap();
      },
    };
  },
});

function ofLab({ lab, report }: Served, send: (message: ToPage) => void) {
  let endTap = () => {};
  const handlers: Handlers<FromPage> = {
    prove: () => lab.prove(),
    walk: ({ name }) => lab.walk(name),
    'own walk': ({ from, to }) => lab.ownWalk(from, to),
    drill: ({ fault }) => lab.drill(fault),
    break: () => lab.breakSomething(),
    hint: () => lab.hint(),
    mend: () => lab.mend(),
    tap({ points }) {
      endTap();
      endTap = () => {};
      if (!points.length) return;
      const watched = tapPoints(lab.plan, points, lab.points());
      if (!watched.length)
        throw new BadUsage(`Nothing is seen at ${points.join(' and ')}: it is no cable or interface.`);
      endTap = lab.taps.open(watched, (list, missed) => send({ kind: 'packets', list, missed }));
    },
    report: async () => send({ kind: 'report', html: await report() }),
  };
  return { handlers, endTap: () => endTap() };
}

const ofTerminals = (terminals: Terminals, viewer: Parameters<Terminals['attach']>[0]): Handlers<FromPage> => ({
  terminal: ({ place, rows, columns }) => terminals.open(place, inTerminal(rows), inTerminal(columns)),
  resize: ({ id, rows, columns }) => terminals.resize(id, inTerminal(rows), inTerminal(columns)),
  close: ({ id }) => terminals.close(id),
  ack: ({ id, bytes }) => terminals.acked(viewer, id, bytes),
});
