import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine, Program } from '../machine/machine.ts';
import { type Agent, connect } from './agent.ts';

/** The agent's program: see the head of the file for its messages. */
export const agentFile = fileURLToPath(new URL('./agent.pl', import.meta.url));

/** Reads so many bytes of a program from standard input and becomes it, so that a machine needs no file of ours. */
const loader =
  'my($n,$p)=(shift,"");while(length $p<$n){sysread(STDIN,$p,$n-length $p,length $p)||exit}eval $p;die $@ if $@';

/** An agent and the program that it is. */
export interface RunningAgent extends Agent {
  /** Resolves once it has ended. */
  ended: Promise<void>;
  /** Ends it, and with it the sandbox that it is the first process of. */
  close(): Promise<void>;
  /** Lets go of it, so that this process may end before it. */
  leave(): void;
}

/** What an agent's machine is asked to start: the words of the program, and what it is to read first. */
export function agentWords(name: string): { argv: string[]; program: Buffer } {
  const program = readFileSync(agentFile);
  return { argv: ['perl', '-e', loader, String(program.length), name], program };
}

/** Starts an agent on a machine, inside whatever the words before it make. */
export async function startAgent(machine: Machine, before: string[], name: string): Promise<RunningAgent> {
  const { argv, program } = agentWords(name);
  return takeAgent(machine.name, await machine.start([...before, ...argv]), program);
}

/** Speaks to a program that is an agent, or becomes one when it has read its own text. */
export function takeAgent(on: string, program: Program, text: Buffer): RunningAgent {
  program.stdin.on('error', () => {});
  program.stdin.write(text);
  const agent = connect(program.stdin, program.stdout, on);
  let said = '';
  program.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4096);
  });
  const ended = program.ended.then((how) =>
    agent.end(new Error(`the agent on ${on} ended (${how})${said && `: ${said.trim()}`}`)),
  );
  return {
    ...agent,
    ended,
    async close() {
      program.stdin.end();
      await ended;
    },
    leave: () => program.leave(),
  };
}
