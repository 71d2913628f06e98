import type { Needs } from '../../lab/needs.ts';
import { SETGROUPS } from '../../machine/kernel-parts.ts';

/** Whether a lab states that programs of its own take other groups. */
export const wantsGroups = ({ kernel = [] }: Needs = {}): boolean => kernel.includes(SETGROUPS);

/*
 * A filter of seccomp(2), in classic BPF: setgroups(2) does nothing and succeeds, all other calls are as ever. The word at the
 * beginning of what a filter is given is the number of the call. prctl(2) sets it, for whoever has CAP_SYS_ADMIN.
 */
const program = String.raw`
  my ($prctl, $setgroups) = (POSIX::uname())[4] eq "x86_64" ? (157, 116) : (167, 159);
  my ($load, $equals, $return, $SUCCEED, $ALLOW) = (0x20, 0x15, 0x06, 0x50000, 0x7fff0000);
  my $filter = pack "(SCCL)4", $load, 0, 0, 0, $equals, 0, 1, $setgroups, $return, 0, 0, $SUCCEED, $return, 0, 0, $ALLOW;
  my ($PR_SET_SECCOMP, $SECCOMP_MODE_FILTER) = (22, 2);
  syscall($prctl, $PR_SET_SECCOMP, $SECCOMP_MODE_FILTER, pack "S x6 P", 4, $filter) and die "seccomp: $!\n";
  exec @ARGV or die "$ARGV[0]: $!\n"`;

/**
 * The words before a command in the sandbox of an ordinary user, whom the kernel lets map one group and therefore drop none
 * (user_namespaces(7)): who drops all others there, as keepalived does before each script, is told that it has. They stay what they
 * are outside: the user's own.
 */
export const asIfGroupsWereTaken: readonly string[] = ['perl', '-MPOSIX', '-e', program.trim().replaceAll('\n', ' ')];
