import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { complain } from './commands/complain.ts';
import { begin, endWith } from './commands/interrupt.ts';
import { allTold, guided, manyRuns, opened, placed, played, sized, taken, viewed } from './commands/options.ts';
import type { ProveOptions } from './commands/prove.ts';
import { strictly } from './commands/strict.ts';
import { swallowed } from './commands/swallowed.ts';
import { version } from './machine/own-folder.ts';
import { hint } from './plan/nearest.ts';
import { BadUsage } from './plan/usage.ts';

// Most commands are over before V8's optimiser pays: by itself it takes a fifth of the processor time of a proof. So much code
// is run before a function counts as hot, in bytes of bytecode; V8 takes 132 KiB by itself. Later ones do not know the flag.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=1000000');

// Each command is loaded when it is typed, so that a short one is quick.
const prove = () => import('./commands/prove.ts');
const standing = () => import('./commands/down-and-status.ts');
const look = () => import('./commands/walk-and-drill.ts');
const matrix = () => import('./commands/runtimes.ts');
const enter = () => import('./commands/exec-shell-capture.ts');
const tell = () => import('./commands/show-and-graph.ts');
const claims = () => import('./commands/claims.ts');

type Run = (...words: never[]) => Promise<number> | number;

/** How many words stand behind the first `--`. */
const behindDashes = (words: readonly string[]): number =>
  words.includes('--') ? words.length - words.indexOf('--') - 1 : 0;

function program(name: string, typed: readonly string[], done: (code: number) => void): Command {
  const top = new Command(name)
    .description(
      'Builds a lab out of network namespaces, sends a packet, watches every interface, and proves the path.',
    )
    .usage('LAB | COMMAND [LAB] …')
    .version(version(), '--version', 'print the version')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, '')) });

  const command = (usage: string, description: string, run: Run) =>
    top
      .command(usage)
      .description(description)
      .exitOverride()
      .action(async (...words) => done(await run(...(words.slice(0, -1) as never[]))));

  const proven = (one: Command) =>
    strictly(sized(placed(viewed(one))), 'count what was skipped as failed')
      .option('--drills', 'break and mend everything as well')
      .option('--keep', 'leave the lab standing, even if a step fails')
      .option('--why', 'show at each hop what the node went by: route, neighbour, forwarding table')
      .option('--full', 'try every pair of a matrix, however many there are')
      .option('--capture <file>', 'also write all that was captured while proving, as pcapng')
      .option('--watch', 'prove again what was changed whenever a file of the lab is saved, until Ctrl-C');
  const watched =
    (once: 'proveAndStay' | 'verify'): Run =>
    async (lab: string, options: ProveOptions & { watch?: true }) =>
      options.watch
        ? (await import('./commands/watch.ts')).watch(lab, typed, options)
        : (await prove())[once](lab, options);

  const proveCommand = proven(
    top
      .command('prove <lab>', { isDefault: true })
      .description('stand a lab up, prove it and leave it standing: what `LAB` alone does')
      .exitOverride(),
  );
  played(proveCommand, 'small or real').action(async (...words) =>
    done(await watched('proveAndStay')(...(words.slice(0, -1) as never[]))),
  );
  played(
    proven(command('verify <lab>', 'stand a lab up, prove it, take it down', watched('verify'))),
    'small, real, or both, compared',
  );
  const standUp = command('up <lab>', 'stand a lab up', async (lab, options) => (await prove()).up(lab, options));
  strictly(played(sized(placed(viewed(standUp))), 'small or real'), 'count what was skipped as failed').option(
    '--keep',
    'leave it standing even if a step fails',
  );
  command('down [lab]', 'take a lab down, or all of them', async (lab, options) =>
    (await standing()).down(lab, options),
  )
    .option('--all', 'take all down')
    .option('--json', 'print JSON');
  command('status', 'list the labs that stand', async (options) => (await standing()).status(options)).option(
    '--json',
    'print JSON',
  );
  command('list', 'list all labs', async (options) => (await import('./commands/list.ts')).list(options)).option(
    '--json',
    'print JSON',
  );
  sized(
    command('show <lab>', 'print the plan: every command, in order', async (lab, options) =>
      (await tell()).show(lab, options),
    ),
  )
    .option('--daemons <which>', 'with small daemons, or real')
    .option('--json', 'print JSON');
  viewed(
    command(
      'walk <lab> [words...]',
      'walk all packets of a standing lab, one by name, one FROM TO, or what FROM -- COMMAND sends',
      async (lab, words, options) => (await look()).walk(lab, words, options, behindDashes(typed)),
    ),
  )
    .option('--why', 'show at each hop what the node went by: route, neighbour, forwarding table')
    .option('--tcp <port>', 'FROM TO: try a connection instead of a ping')
    .option('--udp <port>', 'FROM TO: send a datagram instead of a ping')
    .option('--as-lab', 'FROM TO: print the path in the words of a lab, to be pasted into one')
    .showHelpAfterError('A command of your own goes behind --: walk LAB FROM -- COMMAND');
  viewed(
    command(
      'drill <lab> [words...]',
      'drill all faults of a standing lab, or one by name or number',
      async (lab, words, options) => (await look()).drill(lab, words, options),
    ),
  )
    .option('--break', 'only break it, for somebody to find out')
    .option('--hint', 'only say where to look')
    .option('--fix', 'only mend it');
  guided(
    command('workshop <lab>', 'be guided through a lab: build it, see its packets, find faults', async (lab, options) =>
      (await import('./commands/workshop.ts')).workshop(lab, options),
    ),
  );
  opened(
    command(
      'open <lab>',
      'serve a page of a lab: its picture, terminals on its nodes, what happens',
      async (lab, options) => (await import('./commands/open.ts')).open(lab, options),
    ),
  );
  command('diff <lab>', 'say what at its places differs from when a standing lab was proven', async (lab, options) =>
    (await import('./commands/diff.ts')).diff(lab, options),
  ).option('--json', 'print one JSON document instead');
  command(
    'dump <lab> [nodes...]',
    'print what the nodes of a standing lab are programmed with, so that it can be held against another',
    async (lab, nodes, options) => (await import('./commands/dump.ts')).dump(lab, nodes, options),
  )
    .option('--out <folder>', 'write it into files of this folder, one a node')
    .option('--against <folder>', 'say what differs from what such files hold')
    .option('--daemon <text...>', 'who programmed them, for the files’ header: a program, its version, its options')
    .option('--json', 'print JSON');
  command('exec <lab> <place> [command...]', 'run a command on a node or pod', async (lab, place, words) =>
    (await enter()).exec(lab, place, words),
  ).passThroughOptions();
  command('shell <lab> <place>', 'open a shell on a node or pod', async (lab, place) =>
    (await enter()).shell(lab, place),
  );
  command(
    'capture <lab> [points...]',
    'capture into a pcapng file, at NODE:INTERFACE … or everywhere',
    async (lab, points, options) => (await enter()).capture(lab, points, options),
  )
    .option('-w, --write <file>', 'the file; LAB.pcapng without')
    .option('-c, --count <packets>', 'stop after so many');
  sized(
    command('graph <lab>', 'draw a lab, as Mermaid', async (lab, options) => (await tell()).graph(lab, options)),
  ).option('--svg <file>', 'write an SVG picture instead');
  manyRuns(
    command('matrix', 'run labs on all runtimes, drills included, and compare what they found out', async (options) =>
      (await matrix()).matrix(options),
    ),
  );
  allTold(
    command(
      'merge <folders...>',
      'put together what the shards of a matrix wrote into folders',
      async (folders, options) => (await import('./commands/merge.ts')).merge(folders, options),
    ),
  );
  strictly(
    command('claims', 'list what the documents claim, and how each claim ended here', async (options) =>
      (await claims()).claims(options),
    ),
    'count what no run here has decided as failed',
  )
    .option('--run', 'first prove the labs that were not, or were changed since')
    .option('--lab <lab>', 'only the claims of this lab, a name or a path')
    .option('--html <file>', 'also write one HTML file, to be opened in a browser')
    .option('--json', 'print JSON');
  command('doctor', 'say what this machine can do, and how to make the rest possible', async (options) =>
    (await import('./commands/doctor.ts')).doctor(options),
  ).option('--json', 'print JSON');
  taken(
    command('daemons [names...]', 'build real daemons with Go, for --daemons real', async (names, options) =>
      (await import('./commands/daemons.ts')).daemons(names, options),
    ),
  );
  command('clean', 'take down every lab that stands and forget those that ended', async (options) =>
    (await standing()).clean(options),
  ).option('--json', 'print JSON');
  command('completion <shell>', 'print the completion script for bash, zsh or fish', async (shell) =>
    (await import('./commands/completion.ts')).completion(shell),
  );
  top
    .command('complete [words...]', { hidden: true })
    .passThroughOptions()
    .action(async (words: string[]) => {
      const commands = top.commands.map((each) => each.name()).filter((each) => !['complete', 'prove'].includes(each));
      done(await (await import('./commands/completion.ts')).complete(words, commands));
    });
  return top;
}

/** What is typed first is a command, a lab or a lab's file; anything else was meant to be one. */
async function checkFirst(top: Command, first: string | undefined): Promise<void> {
  const commands = [...top.commands.map((each) => each.name()), 'help'];
  if (!first || first.startsWith('-') || commands.includes(first)) return;
  const { galleryNames, isPath, labName, labNames } = await import('./plan/load.ts');
  const gallery = galleryNames();
  const known = [
    ...labNames(),
    ...gallery,
    ...gallery.map(labName),
    ...commands.filter((name) => !['prove', 'complete'].includes(name)),
  ];
  if (!isPath(first) && !known.includes(first))
    throw new BadUsage(
      `there is no lab or command ${first}. ${hint(first, known)}`,
      'A lab of your own is run by its path: ./my-lab.ts',
    );
}

/** Runs what was typed, and ends this process with its exit code. */
export async function main(words: string[], name: string): Promise<void> {
  let code = 0;
  begin();
  const top = program(name, words, (result) => {
    code = result;
  });
  try {
    const by = swallowed(top, words);
    if (by) throw new BadUsage(`npm kept ${by.kept.join(' ')} to itself.`, `Type: npm run lab -- ${by.line}`);
    await checkFirst(top, words[0]);
    if (!words.length) top.outputHelp();
    else await top.parseAsync(words, { from: 'user' });
  } catch (error) {
    code = complain(error);
  }
  await endWith(code);
}
