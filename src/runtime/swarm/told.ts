import { gunzipSync } from 'node:zlib';

/** What stands before each part of what a task told, in its log. */
export const TOLD = 'packetwalk-told';

const CHARACTERS_A_LINE = 4000;

const STDERR_BYTES = 4000;

/**
 * What a task runs, with the words that follow it: they do as they like, and the task ends with 0. Its log then has how they ended,
 * packed, in lines that no log driver cuts (Docker's cuts after 16 KiB), and a last line, without which some of it was cut off.
 */
export const script = `
at=$(mktemp -d)
"$@" >"$at/out" 2>"$at/err"
code=$?
killed=$(sed -n 's/^oom_kill //p' /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null)
{ echo "$code \${killed:-0}"; tail -c ${STDERR_BYTES} "$at/err" | base64 -w 0; echo; cat "$at/out"; } |
  gzip -c | base64 -w ${CHARACTERS_A_LINE} | sed 's/^/${TOLD} /'
echo "${TOLD} ."
exit 0
`;

/** How what a task ran has ended. */
export interface Told {
  code: number;
  /** How many of its processes the kernel has killed for memory. */
  killedForMemory: number;
  stdout: string;
  stderr: string;
}

/** What a task's log tells of how it ended; undefined where not all of that is there. */
export function toldIn(log: string): Told | undefined {
  const lines = log.split('\n').flatMap((line) => (line.startsWith(`${TOLD} `) ? [line.slice(TOLD.length + 1)] : []));
  if (lines.at(-1)?.trim() !== '.') return undefined;
  const text = unpacked(lines.slice(0, -1).join(''));
  const [, code, killed, stderr = ''] = /^(\d+) (\d+)\n(.*)\n/.exec(text ?? '') ?? [];
  if (text === undefined || code === undefined) return undefined;
  return {
    code: Number(code),
    killedForMemory: Number(killed),
    stdout: text.split('\n').slice(2).join('\n'),
    stderr: Buffer.from(stderr, 'base64').toString(),
  };
}

/** What is cut or torn has no right checksum. */
function unpacked(base64: string): string | undefined {
  try {
    return gunzipSync(Buffer.from(base64, 'base64')).toString();
  } catch {
    return undefined;
  }
}

/** The text in what an engine sends of a log: frames of eight bytes and a line (Docker Engine API, ContainerAttach). */
export function textOf(frames: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length; ) {
    const length = frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}
