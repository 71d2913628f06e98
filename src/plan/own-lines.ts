import { SourceMap } from 'node:module';
import type { Position } from './bundle-lab.ts';

/** A stack in which the lines of a bundled module stand as those of the files that it was made of; `map` as in a Bundle. */
export function inOwnFiles(stack: string, map: string): string {
  const origins = new SourceMap(JSON.parse(map));
  return stack.replaceAll(/data:text\/javascript;base64,[^:)\s]*:(\d+):(\d+)/g, (frame, line, column) => {
    const entry = origins.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in entry)) return frame;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** Where in some files something was thrown, the innermost first; `stack` names them as they are. */
export function thrownAt(stack: string | undefined, files: readonly string[]): Position | undefined {
  const frames = [...(stack ?? '').matchAll(/(\/[^():\n]+):(\d+):(\d+)/g)];
  return frames
    .map(([, file = '', line, column]) => ({ file: decodeURI(file), line: Number(line), column: Number(column) }))
    .find(({ file }) => files.includes(file));
}
