import type { Document } from '../../record/document.ts';
import { extended } from '../../record/document.ts';
import type { LiveEvent } from './messages.ts';

/** The last of each, at the place of the first. */
const lastOfEach = <T>(list: T[], key: (each: T) => string): T[] => [
  ...new Map(list.map((each) => [key(each), each])).values(),
];

/** A document with one more event in it; what was done again stands in the place of what was before. */
export function latest(document: Document, event: LiveEvent): Document {
  if (!isOfRun(event)) return document;
  const next = extended(document, event);
  return {
    ...next,
    steps: lastOfEach(next.steps, ({ title }) => title),
    walks: lastOfEach(next.walks, ({ name }) => name),
    checks: lastOfEach(next.checks, ({ title, node }) => `${title} ${node}`),
    drills: lastOfEach(next.drills, ({ fault }) => fault),
  };
}

const isOfRun = (event: LiveEvent): event is Parameters<typeof extended>[1] => !/^(work|fault|lab) /.test(event.type);
