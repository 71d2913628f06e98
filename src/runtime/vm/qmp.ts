import type { Duplex } from 'node:stream';

/** A conversation with QEMU's monitor: https://www.qemu.org/docs/master/interop/qmp-spec.html */
export interface Monitor {
  /** Runs a command and gives what it returns; rejects with QEMU's own sentence. */
  ask(command: string, words?: Record<string, unknown>): Promise<unknown>;
  /** Runs a command as a person would type it. */
  type(line: string): Promise<string>;
  /** Waits for an event whose data pass a test. */
  event(name: string, test: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

interface Answer {
  return?: unknown;
  error?: { desc: string };
  event?: string;
  data?: Record<string, unknown>;
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Greets the monitor at the other end of a stream; all that waits is rejected when the stream ends. */
export async function monitor(stream: Duplex): Promise<Monitor> {
  const waiting: Waiting<unknown>[] = [];
  const watching = new Set<
    Waiting<Record<string, unknown>> & { name: string; test(data: Record<string, unknown>): boolean }
  >();
  let rest = '';
  const end = () => {
    for (const { reject } of [...waiting.splice(0), ...watching]) reject(new Error('QEMU ended'));
    watching.clear();
  };
  const receive = ({ error, ...answer }: Answer) => {
    if (error) waiting.shift()?.reject(new Error(error.desc));
    else if ('return' in answer) waiting.shift()?.resolve(answer.return);
    for (const each of watching) {
      if (each.name !== answer.event || !each.test(answer.data ?? {})) continue;
      watching.delete(each);
      each.resolve(answer.data ?? {});
    }
  };
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim()) receive(JSON.parse(line));
  });
  stream.on('error', end).on('close', end).on('end', end);
  const ask: Monitor['ask'] = (execute, words = {}) => {
    if (stream.destroyed || stream.readableEnded) return Promise.reject(new Error('QEMU ended'));
    stream.write(`${JSON.stringify({ execute, arguments: words })}\n`);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  await ask('qmp_capabilities');
  return {
    ask,
    type: async (line) => (await ask('human-monitor-command', { 'command-line': line })) as string,
    event: (name, test) => new Promise((resolve, reject) => watching.add({ name, test, resolve, reject })),
  };
}
