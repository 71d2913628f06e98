import { Command, CommanderError } from 'commander';
import { strictly } from './commands/strict.ts';
import { BadLab } from './plan/bad-lab.ts';
import { hint } from './plan/nearest.ts';
import { BadUsage, CannotRun, exitCodes } from './plan/usage.ts';

// Each command is loaded when it is typed, so that a short one is quick.
const prove = () => import('./commands/prove.ts');
const standing = () => import('./commands/down-and-status.ts');
const look = () => import('./commands/walk-and-drill.ts');
const matrix = () => import('./commands/runtimes.ts');
const enter = () => import('./commands/exec-shell-capture.ts');
const tell = () => import('./commands/list-show-graph.ts');
const claims = () => import('./commands/claims.ts');

type Run = (...words: never[]) => Promise<number> | number;

function program(name: string, done: (code: number) => void): Command {
  const top = new Command(name)
    .description(
      'Builds a lab out of network namespaces, sends a packet, watches every interface, and proves the path.',
    )
    .usage('LAB | COMMAND [LAB] …')
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

  const viewed = (one: Command) =>
    one
      .option('--json', 'print one JSON document instead')
      .option('--junit <file>', 'also write JUnit XML')
      .option('--markdown <file>', 'also write Markdown')
      .option('--brief', 'show walks that passed as one line each');
  const placed = (one: Command) =>
    one
      .option('--runtime <name>', 'where the nodes are: auto (the first that can), or a name that `doctor` lists')
      .option('--machines <which>', 'on vm: `one` machine that holds every node, or a machine `per-node`')
      .option('--hosts <file>', 'on ssh: the file that lists the hosts');
  const sized = (one: Command) =>
    one
      .option('--nodes <number>', 'so many nodes, of a lab that can be had in other sizes')
      .option('--pods <number>', 'so many pods on each of them');
  const proven = (one: Command) =>
    strictly(sized(placed(viewed(one))), 'count what was skipped as failed')
      .option('--drills', 'break and mend everything as well')
      .option('--keep', 'leave the lab standing, even if a step fails')
      .option('--why', 'show at each hop what the node went by: route, neighbour, forwarding table')
      .option('--full', 'try every pair of a matrix, however many there are')
      .option('--capture <file>', 'also write all that was captured while proving, as pcapng');

  proven(
    top
      .command('prove <lab>', { isDefault: true })
      .description('stand a lab up, prove it and leave it standing: what `LAB` alone does')
      .exitOverride(),
  ).action(async (lab, options) => done(await (await prove()).proveAndStay(lab, options)));
  proven(
    command('verify <lab>', 'stand a lab up, prove it, take it down', async (lab, options) =>
      (await prove()).verify(lab, options),
    ),
  );
  const standUp = command('up <lab>', 'stand a lab up', async (lab, options) => (await prove()).up(lab, options));
  strictly(sized(placed(viewed(standUp))), 'count what was skipped as failed').option(
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
  command('list', 'list all labs', async (options) => (await tell()).list(options)).option('--json', 'print JSON');
  sized(
    command('show <lab>', 'print the plan: every command, in order', async (lab, options) =>
      (await tell()).show(lab, options),
    ),
  ).option('--json', 'print JSON');
  viewed(
    command(
      'walk <lab> [words...]',
      'walk all packets of a standing lab, one by name, or FROM TO',
      async (lab, words, options) => (await look()).walk(lab, words, options),
    ),
  ).option('--why', 'show at each hop what the node went by: route, neighbour, forwarding table');
  viewed(
    command(
      'drill <lab> [words...]',
      'drill all faults of a standing lab, or one by name or number',
      async (lab, words, options) => (await look()).drill(lab, words, options),
    ),
  )
    .option('--break', 'only break it, for somebody to find out')
    .option('--fix', 'only mend it');
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
  strictly(
    command('matrix', 'run labs on all runtimes, drills included, and compare what they found out', async (options) =>
      (await matrix()).matrix(options),
    ),
    'count what was skipped, or not compared, as failed',
  )
    .option('--labs <list>', 'only these labs, names or paths with commas between')
    .option('--runtimes <list>', 'only these runtimes, with commas between; without, those that need nothing of you')
    .option('--jobs <number>', 'as many runs at once; without, as many as there are cores')
    .option('--no-drills', 'drill only the faults that carry a claim')
    .option('--hosts <file>', 'on ssh: the file that lists the hosts')
    .option('--captures <folder>', 'also write what each run captured, as pcapng files')
    .option('--compare <files...>', 'run nothing: compare the results in these files, which --json has printed')
    .option('--list', 'run nothing: print the labs and runtimes that would be')
    .option('--json', 'print one JSON document instead')
    .option('--junit <file>', 'also write JUnit XML')
    .option('--markdown <file>', 'also write Markdown');
  strictly(
    command('claims', 'list what the documents claim, and how each claim ended here', async (options) =>
      (await claims()).claims(options),
    ),
    'count what no run here has decided as failed',
  )
    .option('--run', 'first prove the labs that were not, or were changed since')
    .option('--lab <lab>', 'only the claims of this lab, a name or a path')
    .option('--json', 'print JSON');
  command('doctor', 'say what this machine can do, and how to make the rest possible', async (options) =>
    (await import('./commands/doctor.ts')).doctor(options),
  ).option('--json', 'print JSON');
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
  const { isPath, labNames } = await import('./plan/load.ts');
  const known = [...labNames(), ...commands.filter((name) => !['prove', 'complete'].includes(name))];
  if (!isPath(first) && !known.includes(first))
    throw new BadUsage(
      `there is no lab or command ${first}. ${hint(first, known)}`,
      'A lab of your own is run by its path: ./my-lab.ts',
    );
}

/** npm's own names for short options that were meant for us, or for a command that we run: `ping -c 1`. */
const shorts = { call: '-c', workspace: '-w' };

/**
 * npm keeps options for itself unless they come after `--`: those that were meant for us, from its environment, and the whole
 * line as it should have been typed. What an option takes npm hands on as a word, so with two such nobody knows which is whose.
 */
function swallowed(top: Command, words: string[]): { kept: string[]; line: string } | undefined {
  if (!['lab', 'matrix'].includes(process.env.npm_lifecycle_event ?? '')) return undefined;
  // Options of `matrix` are settings of npm's own, too: `jobs`.
  const asked = top.commands.filter((command) => (command.name() === 'matrix') === (words[0] === 'matrix'));
  const longs = asked.flatMap(({ options }) =>
    options.map(({ long, flags }) => [long!, flags.split(' ')[1] ?? ''] as const),
  );
  const ours = [...new Map(longs)].map(([option, takes]) => ({
    name: option.slice(2).replaceAll('-', '_'),
    option,
    takes,
  }));
  const both = [...ours, ...Object.entries(shorts).map(([name, option]) => ({ name, option, takes: '' }))];
  const kept = both.flatMap((each) => {
    const value = process.env[`npm_config_${each.name}`];
    return value && !words.includes(each.option) ? [{ ...each, value }] : [];
  });
  if (!kept.length) return undefined;
  const parted = kept.filter(({ takes, value }) => takes && value === 'true').length;
  const own = words.slice(0, words.length - parted);
  const told = kept.map(({ option, takes, value }) => {
    if (!takes) return option;
    return `${option} ${value !== 'true' ? value : parted === 1 ? words.at(-1) : takes}`;
  });
  return { kept: kept.map(({ option }) => option), line: [...own, ...told].join(' ') };
}

/** Runs what was typed, and ends this process with its exit code. */
export async function main(words: string[], name: string): Promise<void> {
  let code = 0;
  // Whoever reads along may leave, as `head` does: there is nobody to complain to.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 141 : 2));
  const top = program(name, (result) => {
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
  process.exitCode = code;
}

function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const known = error instanceof BadUsage || error instanceof BadLab || error instanceof CannotRun;
  process.stderr.write(`${(error as Error).message}\n`);
  if (!known && process.env.PACKETWALK_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
  return error instanceof BadUsage || error instanceof BadLab ? exitCodes.usage : exitCodes.unknown;
}
