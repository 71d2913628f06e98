import type { HeaderBytes } from '../packet/header-bytes.ts';
import type { LiveEvent, News } from '../page/live/messages.ts';

/** Where the fields of an event's frames are. */
export type Layouts = { layouts: HeaderBytes[][]; layoutOf: Record<string, number> };

/** All that has happened in an open lab. Of what happened again, the last time only is kept, so that it never grows for long. */
export interface NewsList {
  add(event: LiveEvent, layouts: Layouts): void;
  since(number: number): News[];
  /** Has somebody told of all that comes; returns what ends that. */
  hear(listener: (news: News) => void): () => void;
}

export function newsList(): NewsList {
  const all = new Map<string, News>();
  const listeners = new Set<(news: News) => void>();
  let last = 0;
  return {
    add(event, layouts) {
      const news: News = { kind: 'news', number: ++last, event, ...layouts };
      // What was there before keeps its place: the order is that of the first time.
      all.set(keyOf(event), news);
      for (const listener of listeners) listener(news);
    },
    since: (number) => [...all.values()].filter((news) => news.number > number),
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What an event is about. */
function keyOf(event: LiveEvent): string {
  const about = (...words: string[]) => JSON.stringify([event.type.split(' ')[0], ...words]);
  switch (event.type) {
    case 'step started':
      return about('started', event.title);
    case 'step ended':
      return about(event.step.title);
    case 'walk ended':
      return about(event.walk.name);
    case 'check ended':
      return about(event.check.title, event.check.node);
    case 'drill started':
      return about('started', event.fault);
    case 'drill ended':
      return about(event.drill.fault);
    case 'run started':
    case 'run ended':
      return event.type;
    default:
      return about();
  }
}
