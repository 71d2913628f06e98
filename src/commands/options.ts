import type { Command } from 'commander';
import { strictly } from './strict.ts';

const many = (text: string, all: string[] = []) => [...all, text];

const told = (one: Command): Command =>
  one
    .option('--json', 'print one JSON document instead')
    .option('--junit <file>', 'also write JUnit XML')
    .option('--markdown <file>', 'also write Markdown')
    .option('--html <file>', 'also write one HTML file, to be opened in a browser');

/** The options of what tells a run. */
export const viewed = (one: Command): Command =>
  told(one)
    .option('--report <file>', 'also tell the report that this file exports', many)
    .option('--brief', 'show walks that passed as one line each')
    .option('--verbose', 'show every step, every walk hop by hop, and every check');

/** The options of where nodes are. */
export const placed = (one: Command): Command =>
  one
    .option('--runtime <name>', 'where the nodes are: auto (the first that can), a name that `doctor` lists, or a file')
    .option('--machines <which>', 'on vm: `one` machine that holds every node, or a machine `per-node`')
    .option('--kernel <which>', 'on vm: a version, as 6.12 or 6.12-cloud, or PATH[:MODULES] of a bzImage')
    .option('--hosts <file>', 'on ssh: the file that lists the hosts')
    .option('--spread', 'on ssh: one lab over all of these hosts; with --on swarm, over the machines of a Docker swarm')
    .option('--on <place>', 'with --spread: the place whose machines are the hosts, `swarm`')
    .option('--image <name>', 'the image in which --on swarm has the nodes; without, one is built');

/** The options of how large a lab is. */
export const sized = (one: Command): Command =>
  one
    .option('--nodes <number>', 'so many nodes, of a lab that can be had in other sizes')
    .option('--pods <number>', 'so many pods on each of them');

/** The options of who does what a lab's daemons do; `which` are the words that may be typed. */
export const played = (one: Command, which: string): Command =>
  one
    .option('--daemons <which>', `who does what the lab’s daemons do: ${which}`)
    .option('--daemon <name=path>', 'where a real daemon is', many);

/** The options of where real daemons come from. */
export const taken = (one: Command): Command =>
  one
    .option('--images', 'take them out of official images in place of building them, with a container engine')
    .option('--image <name=image>', 'out of this image, named with its digest: flanneld=IMAGE@sha256:…', many)
    .option('--list', 'build and take nothing: say which there are, their versions, and whether they are here')
    .option('--json', 'the same as JSON');

/** The options of what tells of many runs. */
export const allTold = (one: Command): Command =>
  told(strictly(one, 'count what was skipped, or not compared, as failed'));

/** The options of which runs there are, and of what becomes of what they found out. */
export const manyRuns = (one: Command): Command =>
  allTold(
    one
      .option('--labs <list>', 'only these labs, names or paths with commas between')
      .option('--gallery', 'the labs of the gallery in place of all others')
      .option('--runtimes <list>', 'only these runtimes, with commas between; without, those that need nothing of you')
      .option('--kernels <list>', 'on vm: each of these kernels in turn, as --kernel of `verify` takes them')
      .option('--jobs <number>', 'as many runs at once; without, two for each core, or one in virtual machines')
      .option('--no-drills', 'drill only the faults that carry a claim')
      .option('--hosts <file>', 'on ssh: the file that lists the hosts')
      .option('--captures <folder>', 'also write what each run captured, as pcapng files')
      .option('--shard <i/n>', 'only the i-th of n parts of the runs, alike in length; `merge` puts them together')
      .option('--durations <file>', 'what an earlier --json or --out says: how long each run takes, for --shard')
      .option('--out <folder>', 'also write what was found out into this folder, for `merge`')
      .option('--kubernetes <image>', 'run nothing: print a Job whose pods each run a shard, in this image')
      .option('--shards <number>', 'as many pods of --kubernetes; without, 3')
      .option('--on <place>', 'run it elsewhere: `swarm`, on the machines of a Docker swarm')
      .option('--image <name>', 'the image in which --on swarm runs labs; without, one is built')
      .option('--compare <files...>', 'run nothing: compare the results in these files, which --json has printed')
      .option('--list', 'run nothing: print the labs and runtimes that would be'),
  );

/** The options of a workshop. */
export const guided = (one: Command): Command =>
  served(placed(one))
    .option('--browser', 'on a page, and not on this terminal')
    .option('--class <number>', 'serve it to so many attendees, each with a lab of their own, and to who teaches them')
    .option('--step <number>', 'begin with this one; all before it is done for you')
    .option('--chapter <name>', 'begin with build, see or break')
    .option('--fresh', 'forget what was done before')
    .option('--list', 'only list what there is to do, and how each ended')
    .option('--prove', 'play all of it: it can be done, and is not done before it is');

/** The options of a page that is served. */
export const opened = (one: Command): Command => served(placed(one)).option('--no-browser', 'open no browser');

/** The options of where a page is served. */
const served = (one: Command): Command =>
  one
    .option('--port <number>', 'serve it at this port; without, at one that is free')
    .option(
      '--listen <address>',
      'serve it at this address of this machine, for others, with --cert and --key or --insecure',
    )
    .option('--cert <file>', 'over TLS, with this certificate (PEM)')
    .option('--key <file>', 'and its key (PEM)')
    .option('--insecure', 'serve it to others in clear');
