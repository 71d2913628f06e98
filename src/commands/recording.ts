import { rmSync, writeFileSync } from 'node:fs';
import { linkOf, type Seen } from '../observe/watch.ts';
import { type CapturePoint, pcapng } from '../packet/index.ts';
import { BadUsage, fromHere } from '../plan/usage.ts';

/** Keeps all that a watch sees, and writes it to a pcapng file when it is disposed of, unless nothing was seen. */
export function recording(file: string): { record(seen: Seen[]): void } & Disposable {
  const path = fromHere(file);
  const write = (bytes: Buffer) => {
    try {
      writeFileSync(path, bytes);
    } catch (error) {
      throw new BadUsage(`cannot write ${path}: ${(error as Error).message}`);
    }
  };
  write(pcapng([]).header);
  const kept: Seen[] = [];
  return {
    record(seen) {
      for (const frame of seen) kept.push(frame);
    },
    [Symbol.dispose]() {
      if (!kept.length) return rmSync(path, { force: true });
      const points = new Map<string, { index: number; point: CapturePoint }>();
      for (const frame of kept)
        if (!points.has(frame.at))
          points.set(frame.at, { index: points.size, point: { name: frame.at, link: linkOf(frame) } });
      const format = pcapng([...points.values()].map(({ point }) => point));
      const packets = kept
        .sort((a, b) => Number(a.time - b.time))
        .map(({ at, time, direction, bytes }) =>
          format.packet({
            interface: points.get(at)!.index,
            timeNs: time,
            direction: direction === 'out' ? 'out' : 'in',
            frame: bytes,
          }),
        );
      write(Buffer.concat([format.header, ...packets]));
    },
  };
}
