import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { RealDaemon } from '../../plan/real-daemons.ts';
import { type Machine, quoted } from './machine.ts';

/** Copies daemons, compressed on their way, into a folder of a machine that does not see this one’s files; returns them with where they are there. */
export const copied = (machine: Machine, daemons: readonly RealDaemon[], folder: string): Promise<RealDaemon[]> =>
  Promise.all(
    daemons.map(async (daemon) => {
      const path = `${folder}/${daemon.name}`;
      const script = `mkdir -p ${quoted(folder)} && gzip -d > ${quoted(path)} && chmod 755 ${quoted(path)}`;
      const program = await machine.start(['sh', '-c', script]);
      program.stdout.resume();
      let said = '';
      program.stderr.on('data', (chunk) => {
        said += chunk;
      });
      // Where it ends before all was read, how it ended says why.
      await pipeline(createReadStream(daemon.path!), createGzip({ level: 1 }), program.stdin).catch(() => {});
      const how = await program.ended;
      if (how !== 'exit code 0')
        throw new Error(`${daemon.path} cannot be copied to ${machine.name} (${how}): ${said.trim()}`);
      return { ...daemon, path };
    }),
  );
