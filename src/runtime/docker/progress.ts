import { CannotRun } from '../../plan/usage.ts';

const LAST_LINES = 12;

/** An image could not be had: what was tried, the last lines of its log, and what to type. */
export class CannotBuild extends CannotRun {
  constructor(verdict: 'skipped' | 'unknown', what: string, log: string[], ...advice: string[]) {
    super(verdict, what, ...log.slice(-LAST_LINES).map((line) => `  ${line}`), ...advice);
    this.name = 'CannotBuild';
  }
}

/** What an engine answered to a request that it refused, without the client's own words around it. */
export const refusal = (error: unknown): string =>
  (error as Error).message.trim().replace(/^\(HTTP code \d+\) [^-]* - /, '');

interface Event {
  stream?: string;
  status?: string;
  id?: string;
  error?: string;
}

/** Tells line by line what an engine reports while it builds or pulls; throws what it could not do. */
export async function follow(events: NodeJS.ReadableStream, say: (line: string) => void): Promise<void> {
  for await (const { error, stream, status, id } of objects(events)) {
    for (const line of (stream ?? error ?? '').split('\n')) if (line.trim()) say(line.trimEnd());
    // Of each layer's many events only the last is news.
    if (status && (!id || /complete|exists/i.test(status))) say(id ? `${id}: ${status}` : status);
    if (error) throw new Error(error);
  }
}

/** The JSON objects of a stream that has one on each line. */
async function* objects(stream: NodeJS.ReadableStream): AsyncGenerator<Event> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
  if (rest.trim()) yield JSON.parse(rest);
}
