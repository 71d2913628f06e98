# packetwalk's agent: the one process that works inside a machine on behalf of a runtime. It runs commands in, and
# captures from, any number of network namespaces at once, which needs setns(2) and packet(7) sockets: Node has neither,
# perl-base (essential on Debian and Ubuntu) has both. One packet socket a namespace sees every interface of it, with the
# whole link header, the interface and the direction of each frame; packets are queued to it before they move on, so that
# a drain after the last of them misses none.
#
# Messages in both directions are lists of byte strings: pack('N/a*', pack('(N/a*)*', @strings)).
#   sandbox ID                       make this mount namespace private: read-only root, own /run, /tmp, /etc, /var; answers
#                                    its process and when that started (clock ticks since boot), as the machine counts them
#   node   ID NAME (DAEMON FILE)...  give a node its own files and host name, and files of the machine as /run/daemons/DAEMON;
#                                    answers the process that holds them
#   place  ID NAME NODE MNT UTS NET  open a place to work in: a node (NODE is empty) or a pod, whose NET lies in NODE
#   run    ID PLACE (ARGV STDIN)...  run commands in order until one fails; ARGV is joined by NUL
#   links  ID PLACE...               what interfaces each has; answers a list of rtnetlink(7) messages a place
#   signal ID NAME                   signal the processes of a run
#   listen ID BYTES PLACE...         capture, with this much socket buffer, in places 0, 1, 2, ... of the list
#   trace  ID PLACE...               capture netfilter's rule traces too, in places that listen; once for each, however often asked
#   filter ID PROGRAM                capture only what a program of classic BPF takes, in all places; all, where there is none
#   drain  ID                        send what has been captured so far
#   probe  ID PLACE (ADDRESS DATA)... send ICMP echo requests; answers what the kernel said of each, empty if it took it
#   heard  ID PLACE                  answers what the echo replies carried that reached the socket of the last probe, which is
#                                    closed when a command is run at the place
#   netnsids ID PLACE OTHER...       answers the number by which PLACE's namespace knows each other's, -1 without one
#   tentative ID PLACE...            answers, for each place, which devices have a tentative IPv6 address, joined by NUL
#   read   ID PATTERNS PLACE...      answers, for each place, files as its network namespace shows them: pack('(N/a*)*', PATH,
#                                    CONTENTS, ...) of all that match. PATTERNS are paths joined by NUL, where * in a name stands
#                                    for any characters; what cannot be read is left out, and what is longer than 1 MiB is cut
#   forget ID FLOWS PLACE...         forget path MTUs, learned neighbours, and tracked connections of FLOWS, which is
#                                    pack('(N/a*)*', map { pack 'C a* a*', protocol, source, destination } ...)
#   learn  ID PROGRAM                take the requests that a program adds: drops.pl, editions.pl, relay.pl, terminal.pl
#   backlog ID                       answers how many packets wait in the input queues of the CPUs
#   stay   ID                        go on when the other end has gone
#   finally ID SCRIPT                before ending, run this in a shell
# The first message is speaks VERSION. Answers: ok ID WORDS..., failed ID SENTENCE, ran ID GROUP CODE STDOUT STDERR,
# drained ID DROPS..., and frames RECORDS with
# records of pack('n N C n N N N/a*', place, ifindex, pkttype, hatype, s, ns, bytes); pkttype 255 is a trace, a message of
# nfnetlink (NFT_MSG_TRACE, linux/netfilter/nf_tables.h), which the kernel queues as it does packets: at once.
use strict;
use warnings;
use Config;

my $VERSION = 4;

my %SYSCALLS = (
    x86_64  => { mount => 165, umount => 166, setns => 308, unshare => 272, hostname => 170, memfd => 319, recvmmsg => 299, setsid => 112, madvise => 28 },
    generic => { mount => 40,  umount => 39,  setns => 268, unshare => 97,  hostname => 161, memfd => 279, recvmmsg => 243, setsid => 157, madvise => 233 },
);
my ($arch) = $Config{archname} =~ /^(\w+)/;
my $SYS = $SYSCALLS{ $arch eq 'x86_64' ? 'x86_64' : $arch =~ /^(aarch64|riscv64|loongarch64)$/ ? 'generic' : '' }
    or die "the agent does not know the system calls of $arch\n";
my $MOUNT_SETATTR = 442;
my ($NEWNS, $NEWUTS, $NEWNET) = (0x20000, 0x4000000, 0x40000000);
my ($MS_RDONLY, $MS_REMOUNT, $MS_BIND, $MS_REC, $MS_PRIVATE) = (1, 32, 4096, 16384, 1 << 18);
my ($SOL_SOCKET, $SO_RCVBUF, $SO_RCVBUFFORCE, $SO_TIMESTAMPNS, $SO_MEMINFO) = (1, 8, 33, 35, 55);
my ($SO_ATTACH_FILTER, $SO_DETACH_FILTER) = (26, 27);
my ($SOL_PACKET, $PACKET_STATISTICS, $PACKET_AUXDATA, $MSG_DONTWAIT) = (263, 6, 8, 0x40);
my ($TP_STATUS_VLAN_VALID, $TP_STATUS_VLAN_TPID_VALID) = (1 << 4, 1 << 6);
my ($ARPHRD_ETHER, $ARPHRD_LOOPBACK) = (1, 772);
my ($AF_INET, $AF_INET6, $AF_NETLINK, $AF_PACKET, $SOCK_RAW) = (2, 10, 16, 17, 3);
my ($IPPROTO_ICMP, $SOL_RAW, $ICMP_FILTER, $ICMP_ECHOREPLY) = (1, 255, 1, 0);
my ($NETLINK_ROUTE, $NETLINK_NETFILTER, $GROUP_NFTRACE) = (0, 12, 1 << 8);
my ($NLMSG_ERROR, $NLMSG_DONE, $NLM_F_REQUEST, $NLM_F_ACK, $NLM_F_DUMP) = (2, 3, 1, 4, 0x300);
my ($RTM_GETLINK, $RTM_DELROUTE, $RTM_GETROUTE, $RTM_DELNEIGH, $RTM_GETNEIGH, $RTM_GETNSID) = (18, 25, 26, 29, 30, 90);
my ($RTM_F_CLONED, $NETNSA_NSID, $NETNSA_FD, $NDA_DST) = (0x200, 1, 3, 1);
my ($NUD_NOARP, $NUD_PERMANENT, $NTF_PROXY, $NTF_EXT_LEARNED) = (0x40, 0x80, 0x08, 0x10);
my ($CT_GET, $CT_DELETE, $CT_GET_STATS, $CTA_TUPLE_ORIG, $CTA_ZONE) = (0x101, 0x102, 0x105, 1, 18);
my $CTA_STATS_GLOBAL_ENTRIES = 1;
my ($CTA_TUPLE_IP, $CTA_TUPLE_PROTO, $CTA_PROTO_NUM, $NESTED) = (1, 2, 1, 0x8000);
my ($IFA_F_DADFAILED, $IFA_F_TENTATIVE) = (0x08, 0x40);
my $MADV_DONTFORK = 10;
my ($ENOENT, $ESRCH, $EINVAL, $ENODEV) = (2, 3, 22, 19);

$0 = 'packetwalk ' . (shift(@ARGV) // 'agent');
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = sub { };
$| = 1;
# A node has a /tmp of its own, and not the folder that whoever started it keeps such files in.
delete $ENV{TMPDIR};

# Memory is finite: a command that says more than this is killed, and while so much waits to be read the kernel holds frames.
my $LONGEST = 16 << 20;
# What a machine's frames may take of what is to be told: an answer waits behind them, and what there is more waits in the kernel.
my $MOST_BEFORE_ANSWERS = 1 << 18;

my ($in, $out) = ('', '');
my (%places, %runs, %run_of, %ear_of, @ears);
my ($stay, $finally) = (0, '');
my $is_first = 0;
my @at_the_end;
# What a child that ended was, for whom it was no run's; terminals by the request that opened them: terminal.pl.
my (%ended, %terminals);
# What is read for cables that lead to other machines, and what is to be told before how a run ended: relay.pl.
my (@relays, @before_ran);
my $home = ns('mnt');

sub say_ { $out .= pack('N/a*', pack('(N/a*)*', @_)) }
sub try { my ($what, @call) = @_; die "$what: $!\n" if syscall($call[0], @call[1 .. $#call]) < 0 }
sub ns { my ($kind) = @_; open(my $fd, '<', "/proc/self/ns/$kind") or die "$kind namespace: $!\n"; $fd }

sub mount_ {
    my ($source, $target, $type, $flags, $data) = @_;
    $type //= '';
    my ($bits, $options) = ($flags // 0, $data // '');
    syscall($SYS->{mount}, "$source", "$target", "$type", $bits, $options) == 0;
}

sub enter {
    my ($place) = @_;
    for my $kind ([uts => $NEWUTS], [mnt => $NEWNS], [net => $NEWNET]) {
        my $fd = $place->{ $kind->[0] } or next;
        try("cannot enter the $kind->[0] namespace", $SYS->{setns}, fileno($fd), $kind->[1]);
    }
}

# What is written there is kept in memory, of which one place gets no more than that.
my $SIZE = 'size=512m';

sub private_run {
    mount_('tmpfs', '/run', 'tmpfs', 0, $SIZE) or die "cannot mount /run: $!\n";
    mkdir "/run/$_" for qw(packetwalk netns lock);
}

# A file system of its own: what is written lands in memory, and the machine's own files stay as they are.
sub private_files {
    private_run();
    for my $dir ('etc', 'var') {
        my $at = "/run/packetwalk/$dir";
        mkdir $_ for $at, "$at/upper", "$at/work";
        mount_('overlay', "/$dir", 'overlay', 0, "lowerdir=/$dir,upperdir=$at/upper,workdir=$at/work");
    }
    mount_('tmpfs', $_, 'tmpfs', 0, $SIZE) for grep { -d } '/tmp', '/dev/shm';
}

sub sandbox {
    # /proc is still the machine's own here.
    my $pid = readlink '/proc/self';
    open(my $stat, '<', '/proc/self/stat') or die "/proc/self/stat: $!\n";
    my $ticks = (split ' ', <$stat> =~ s/.*\)//sr)[19];
    try('cannot make the mounts private', $SYS->{mount}, 'none', '/', '', $MS_REC | $MS_PRIVATE, '');
    my $read_only = pack('Q4', $MS_RDONLY, 0, 0, 0);
    try('cannot make the files read-only (Linux 5.12 or later can)',
        $MOUNT_SETATTR, -100, '/', 0x8000, $read_only, length $read_only);
    mount_('proc', '/proc', 'proc') or die "cannot mount /proc: $!\n";
    mount_('sysfs', '/sys', 'sysfs', $MS_RDONLY);    # /sys/class/net would list the machine's own interfaces
    mount_('/proc/sys', '/proc/sys', '', $MS_BIND);
    mount_('/proc/sys/net', '/proc/sys/net', '', $MS_BIND);
    mount_('none', '/proc/sys', '', $MS_BIND | $MS_REMOUNT | $MS_RDONLY);
    private_run();
    $home = ns('mnt');
    $is_first = 1;
    ($pid, $ticks);
}

# A process that does nothing but hold a node's namespaces, as a pod's pause container does. (A mount of the namespace
# would do without, but Linux 6.18 refuses some: it takes namespaces made on another CPU for older ones.)
sub node {
    my ($name, %daemons) = @_;
    pipe(my $ready, my $tell) or die "pipe: $!\n";
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
        my $done = eval {
            try('cannot make a mount namespace', $SYS->{unshare}, $NEWNS | $NEWUTS);
            syscall($SYS->{hostname}, "$name", length $name);
            # Each is opened first, since /tmp and /run are about to be covered.
            my %open = map { my $n = $_; open(my $f, '<', $daemons{$n}) or die "$daemons{$n}: $!\n"; ($n => $f) } keys %daemons;
            private_files();
            mkdir '/run/daemons' if %open;
            for my $daemon (keys %open) {
                my $at = "/run/daemons/$daemon";
                open(my $new, '>', $at) or die "$at: $!\n";
                mount_('/proc/self/fd/' . fileno($open{$daemon}), $at, '', $MS_BIND) or die "$daemons{$daemon}: cannot be shown at $at: $!\n";
            }
            1;
        };
        $0 .= ": $name";
        for my $fd (*STDIN, *STDOUT, *STDERR) { open($fd, '+<', '/dev/null') }
        syswrite $tell, $done ? 'ok' : $@;
        close $tell;
        sleep if $done;
        exit 1;
    }
    close $tell;
    my $said = '';
    1 while sysread($ready, $said, 200, length $said) // $!{EINTR};
    die $said if $said ne 'ok';
    $pid;
}

sub place {
    my ($name, $node, $mnt, $uts, $net) = @_;
    my $of = $node ne '' ? $places{$node} : {};
    my %place = (uts => $of->{uts}, mnt => $of->{mnt});
    my $open = sub { open(my $fd, '<', $_[0]) or die "cannot open $_[0]: $!\n"; $fd };
    $place{mnt} = $open->($mnt) if $mnt ne '';
    $place{uts} = $open->($uts) if $uts ne '';
    enter({ mnt => $of->{mnt} }) if $of->{mnt};
    my $fd = eval { $net ne '' ? $open->($net) : undef };
    my $error = $@;
    enter({ mnt => $home }) if $of->{mnt};
    die $error if $error;
    $place{net} = $fd if $fd;
    $places{$name} = \%place;
    $place{node} = $of if $node ne '';
    $place{lacks_sysfs} = $mnt ne '' && $fd;
    own_sysfs(\%place) if $is_first;
}

# /sys as a node's own network namespace has it (sysfs shows that of whoever mounts it): its interfaces can be read and written, all
# else of the kernel's only read. A pod sees that of its node. What was mounted before, by the sandbox's first agent, stays; one that
# comes later looks only where something is run.
sub own_sysfs {
    my ($place) = @_;
    delete $place->{lacks_sysfs} or return;
    my $pid = fork() // return;
    if (!$pid) {
        eval {
            enter($place);
            open(my $mounts, '<', '/proc/self/mountinfo') or die;
            die if grep { (split)[4] eq '/sys/class/net' } <$mounts>;
            mount_('sysfs', '/sys', 'sysfs') || mount_('sysfs', '/sys', 'sysfs', $MS_RDONLY) or die;
            mount_($_, $_, '', $MS_BIND) for '/sys/devices/virtual/net', '/sys/class/net';
            mount_('none', '/sys', '', $MS_BIND | $MS_REMOUNT | $MS_RDONLY);
        };
        kill KILL => $$;
    }
    1 while waitpid($pid, 0) < 0 && $!{EINTR};
}

sub inside {
    my ($name, $do) = @_;
    my $place = $places{$name} or die "no place $name\n";
    my $own = ns('net');
    enter({ net => $place->{net} });
    my @answer = eval { $do->() };
    my $error = $@;
    enter({ net => $own });
    die $error if $error;
    @answer;
}

# A socket belongs to the namespace that it was opened in: nobody need go there again.
sub socket_in {
    my ($name, $what, @kind) = @_;
    my ($socket) = inside($name, sub {
        socket(my $socket, $kind[0], $SOCK_RAW, $kind[1]) or die "cannot open a $what socket in $name: $!\n";
        $socket;
    });
    $socket;
}

sub netlink {
    my ($name) = @_;
    my $place = $places{$name} or die "no place $name\n";
    $place->{netlink} //= socket_in($name, 'netlink', $AF_NETLINK, $NETLINK_ROUTE);
}

# Asks the kernel over netlink(7). Returns the number of its error, 0 without one, and the messages of its answer.
sub ask_kernel {
    my ($socket, $type, $flags, $body) = @_;
    my $request = pack 'L S S L L a*', 16 + length $body, $type, $flags | $NLM_F_REQUEST, 1, 0, $body;
    send($socket, $request, 0) or die "cannot ask the kernel: $!\n";
    my @messages;
    while (1) {
        defined recv($socket, my $part, 1 << 17, 0) or $!{EINTR} ? next : die "cannot read the kernel's answer: $!\n";
        for (my $at = 0; $at + 16 <= length $part;) {
            my ($length, $type) = unpack 'L S', substr $part, $at, 6;
            die "the kernel's answer cannot be read\n" if $length < 16;
            my $message = substr $part, $at, $length + 3 & ~3;
            return -(unpack 'x16 l', $message), @messages if $type == $NLMSG_ERROR || $type == $NLMSG_DONE;
            push @messages, $message;
            $at += length $message;
        }
    }
}

sub sentence { my ($what, $errno) = @_; local $! = $errno; "$what: $!\n" }

sub attribute { my ($type, $value) = @_; pack 'S S a* x!4', 4 + length $value, $type, $value }

# The top two bits of an attribute's type are flags.
sub attributes {
    my ($bytes) = @_;
    my %found;
    for (my $at = 0; $at + 4 <= length $bytes;) {
        my ($length, $type) = unpack 'S S', substr $bytes, $at, 4;
        last if $length < 4;
        $found{ $type & 0x3fff } = substr $bytes, $at + 4, $length - 4;
        $at += $length + 3 & ~3;
    }
    %found;
}

sub links_of {
    my ($name) = @_;
    my ($errno, @messages) = ask_kernel(netlink($name), $RTM_GETLINK, $NLM_F_DUMP, pack 'x16');
    die sentence("the kernel refuses to list the links of $name", $errno) if $errno;
    join '', @messages;
}

sub netnsid {
    my ($name, $other) = @_;
    my $place = $places{$other} or die "no place $other\n";
    my $fd = $place->{net} // ns('net');
    my $body = pack('x4') . attribute($NETNSA_FD, pack 'L', fileno $fd);
    my ($errno, $message) = ask_kernel(netlink($name), $RTM_GETNSID, $NLM_F_ACK, $body);
    die sentence("$name cannot say by which number it knows $other", $errno) if $errno;
    my %told = attributes(substr $message // '', 20);
    unpack 'l', $told{$NETNSA_NSID} // pack 'l', -1;
}

# if_inet6_seq_show, net/ipv6/addrconf.c: address, index, prefix length, scope, flags, name.
sub tentative {
    my ($name) = @_;
    join "\0", inside($name, sub {
        open(my $file, '<', '/proc/self/net/if_inet6') or return;
        my %devices = map { my ($flags, $device) = (split)[ 4, 5 ];
            (hex($flags) & ($IFA_F_TENTATIVE | $IFA_F_DADFAILED)) == $IFA_F_TENTATIVE ? ($device => 1) : () } <$file>;
        sort keys %devices;
    });
}

# The files that match a pattern. (perl's own glob loads File::Glob, whether it is called or not.)
sub matching {
    my ($pattern) = @_;
    my @found = ('');
    for my $name (split m{/}, $pattern =~ s{^/}{}r) {
        if ($name !~ /\*/) { $_ .= "/$name" for @found; next }
        my $like = join '[^/]*', map { quotemeta } split /\*/, $name, -1;
        @found = map {
            my $folder = $_;
            opendir(my $list, $folder) or return;
            map { "$folder/$_" } sort grep { /^$like\z/s && !/^\.\.?\z/ } readdir $list;
        } @found;
    }
    @found;
}

my $LONGEST_FILE = 1 << 20;

# The kernel takes as much memory for a file of /proc/sys as it is asked for at once.
sub contents {
    my ($path) = @_;
    return if !-f $path || !open(my $file, '<', $path);
    my ($bytes, $got) = ('', 1);
    while ($got && length $bytes < $LONGEST_FILE) { defined($got = sysread $file, $bytes, 8192, length $bytes) or return }
    $bytes;
}

sub read_ {
    my ($name, @patterns) = @_;
    pack '(N/a*)*', inside($name, sub {
        map { my $path = $_; map { ($path, $_) } contents($path) } map { matching($_) } @patterns;
    });
}

# softnet_seq_show, net/core/net-procfs.c; kernels before 5.10 have no such column.
sub backlog {
    open(my $file, '<', '/proc/self/net/softnet_stat') or return 0;
    my $packets = 0;
    $packets += hex((split)[11] // 0) for <$file>;
    $packets;
}

# What has gone by itself in the meantime is no error.
sub delete_ {
    my ($what, $socket, $type, $body) = @_;
    my ($errno) = ask_kernel($socket, $type, $NLM_F_ACK, $body);
    die sentence("cannot make the kernel forget $what", $errno) if $errno && !grep { $errno == $_ } $ENOENT, $ESRCH, $ENODEV;
}

# IPv6 keeps its route exceptions when it is told to flush before they are old: they go one by one, as ip-route(8) does it.
sub forget_routes {
    my ($name) = @_;
    inside($name, sub {
        for my $family ('ipv4', 'ipv6') {
            open(my $file, '>', "/proc/sys/net/$family/route/flush") or $!{ENOENT} ? next : die "cannot flush the routes of $name: $!\n";
            syswrite $file, "1\n";
        }
    });
    my ($errno, @routes) = ask_kernel(netlink($name), $RTM_GETROUTE, $NLM_F_DUMP, pack 'C x7 L', $AF_INET6, $RTM_F_CLONED);
    for my $route (@routes) {
        my ($family, $flags) = unpack 'x16 C x7 L', $route;
        next if $family != $AF_INET6 || !($flags & $RTM_F_CLONED);
        delete_("a route of $name", netlink($name), $RTM_DELROUTE, substr $route, 16);
    }
}

sub forget_neighbours {
    my ($name) = @_;
    for my $family ($AF_INET, $AF_INET6) {
        my ($errno, @neighbours) = ask_kernel(netlink($name), $RTM_GETNEIGH, $NLM_F_DUMP, pack 'C x11', $family);
        for my $neighbour (@neighbours) {
            my ($of, $index, $state, $flags) = unpack 'x16 C x3 l S C', $neighbour;
            next if $of != $family || $state & ($NUD_NOARP | $NUD_PERMANENT) || $flags & ($NTF_PROXY | $NTF_EXT_LEARNED);
            my %known = attributes(substr $neighbour, 28);
            my $body = pack('C x3 l S C C', $family, $index, 0, 0, 0) . attribute($NDA_DST, $known{$NDA_DST} // next);
            delete_("a neighbour of $name", netlink($name), $RTM_DELNEIGH, $body);
        }
    }
}

# A flow as it is asked for, and the way back.
sub both_ways {
    my ($protocol, $ends) = unpack 'a a*', $_[0];
    my ($source, $destination) = unpack '(a' . length($ends) / 2 . ')2', $ends;
    map { $_ => 1 } "$protocol$source$destination", "$protocol$destination$source";
}

# To list them, the kernel looks through those of all namespaces, some ten milliseconds long; their number it knows.
sub has_no_connections {
    my ($socket) = @_;
    my ($errno, $message) = ask_kernel($socket, $CT_GET_STATS, $NLM_F_ACK, pack 'x4');
    return 0 if $errno || !defined $message;
    my %told = attributes(substr $message, 20);
    !unpack 'N', $told{$CTA_STATS_GLOBAL_ENTRIES} // pack 'N', 1;
}

# A kernel without connection tracking has nothing to forget: it has no such socket, or no such request.
sub forget_flows {
    my ($name, %wanted) = @_;
    my $socket = eval { socket_in($name, 'netfilter', $AF_NETLINK, $NETLINK_NETFILTER) } or return;
    return if has_no_connections($socket);
    my ($errno, @entries) = ask_kernel($socket, $CT_GET, $NLM_F_DUMP, pack 'x4');
    return if $errno == $EINVAL;
    die sentence("cannot list the connections of $name", $errno) if $errno;
    for my $entry (@entries) {
        my %entry = attributes(substr $entry, 20);
        my $tuple = $entry{$CTA_TUPLE_ORIG} // next;
        my %tuple = attributes($tuple);
        my %ip = attributes($tuple{$CTA_TUPLE_IP} // '');
        my %protocol = attributes($tuple{$CTA_TUPLE_PROTO} // '');
        # linux/netfilter/nfnetlink_conntrack.h: IPv4 source and destination, then those of IPv6.
        next if !$wanted{ join '', $protocol{$CTA_PROTO_NUM} // '', map { $ip{$_} // '' } 1 .. 4 };
        my $body = pack('C x3', unpack 'x16 C', $entry) . attribute($CTA_TUPLE_ORIG | $NESTED, $tuple);
        $body .= attribute($CTA_ZONE, $entry{$CTA_ZONE}) if defined $entry{$CTA_ZONE};
        delete_("a connection of $name", $socket, $CT_DELETE, $body);
    }
}

sub forget {
    my ($flows, @names) = @_;
    my %wanted = map { both_ways($_) } unpack '(N/a*)*', $flows;
    for my $name (@names) {
        forget_routes($name);
        forget_neighbours($name);
        forget_flows($name, %wanted) if %wanted;
    }
}

sub widen {
    my ($socket, $bytes) = @_;
    my $size = pack('i', $bytes);
    setsockopt($socket, $SOL_SOCKET, $SO_RCVBUFFORCE, $size) or setsockopt($socket, $SOL_SOCKET, $SO_RCVBUF, $size);
    $socket;
}

# A packet socket tells of each frame when it came and with what tag.
sub telling {
    my ($socket, $where) = @_;
    setsockopt($socket, $SOL_SOCKET, $SO_TIMESTAMPNS, pack 'i', 1) or die "no time stamps in $where: $!\n";
    setsockopt($socket, $SOL_PACKET, $PACKET_AUXDATA, pack 'i', 1) or die "no VLAN tags in $where: $!\n";
    $socket;
}

sub listen_ {
    my ($bytes, @names) = @_;
    make_room();
    for my $index (0 .. $#names) {
        my $ear = widen(socket_in($names[$index], 'packet', $AF_PACKET, unpack('S', pack('n', 3))), $bytes);
        telling($ear, $names[$index]);
        push @ears, { socket => $ear, index => $index, drops => 0 };
        $ear_of{ $names[$index] } = $ears[-1];
    }
}

# struct sock_fprog: how many instructions of eight bytes, and where they are. To detach what is not attached is no error of ours.
sub filter {
    my ($program) = @_;
    for my $ear (grep { !$_->{traces} } @ears) {
        if ($program eq '') { setsockopt($ear->{socket}, $SOL_SOCKET, $SO_DETACH_FILTER, pack 'i', 0); next }
        setsockopt($ear->{socket}, $SOL_SOCKET, $SO_ATTACH_FILTER, pack 'S x![Q] P', length($program) / 8, $program)
            or die "cannot filter what is captured: $!\n";
    }
}

sub trace {
    for my $name (@_) {
        my $ear = $ear_of{$name} or die "nobody listens in $name\n";
        next if $ear->{is_traced};
        my $socket = widen(socket_in($name, 'netfilter', $AF_NETLINK, $NETLINK_NETFILTER), 4 << 20);
        bind($socket, pack('S S L L', $AF_NETLINK, 0, 0, $GROUP_NFTRACE)) or die "cannot trace in $name: $!\n";
        push @ears, { socket => $socket, index => $ear->{index}, traces => $ear };
        $ear->{is_traced} = 1;
    }
}

# What netfilter has told; what it could not tell, for want of room, counts as a drop.
sub hear_traces {
    my ($ear) = @_;
    my ($records, $message) = ('', '');
    while (length $records < 1 << 18) {
        if (!defined recv($ear->{socket}, $message, 65536, $MSG_DONTWAIT)) {
            $ear->{traces}{drops}++, next if $!{ENOBUFS};
            last;
        }
        $records .= pack('n N C n N N N/a*', $ear->{index}, 0, 255, 0, 0, 0, $message);
    }
    say_('frames', $records) if $records ne '';
    length $records;
}

# Where recvmmsg(2) puts frames: what $headers points at, so none of these strings may ever be written to by us.
# An IP packet has at most 64 KiB; a link header is before it.
my ($BATCH, $FRAME, $ADDRESS, $CONTROL) = (32, 65536 + 64, 20, 72);
my ($frames, $addresses, $controls, $vectors, $headers) = ('', '', '', '', '');

sub make_room {
    return if $headers ne '';
    for ([\$frames, $FRAME], [\$addresses, $ADDRESS], [\$controls, $CONTROL]) {
        my ($room, $each) = @$_;
        vec($$room, $BATCH * $each - 1, 8) = 0;    # it grows in place, where an assignment might share its bytes
    }
    my ($frame, $address, $control) = map { unpack 'Q', pack 'P', $_ } $frames, $addresses, $controls;
    # No child reads frames: it is not given them, whose two megabytes of pages would be copied for each command.
    my $page = 4096;
    my $aligned = ($frame + $page - 1) & ~($page - 1);
    syscall($SYS->{madvise}, $aligned, ($frame + $BATCH * $FRAME - $aligned) & ~($page - 1), $MADV_DONTFORK);
    $vectors = join '', map { pack 'Q Q', $frame + $_ * $FRAME, $FRAME } 0 .. $BATCH - 1;
    my $vector = unpack 'Q', pack 'P', $vectors;
    # struct mmsghdr: name, its length, vectors, their number, control, its length, flags; then the length of what came.
    $headers = join '', map { pack 'Q L x4 Q Q Q Q x4 x4 x4 x4', $address + $_ * $ADDRESS, $ADDRESS, $vector + $_ * 16, 1,
        $control + $_ * $CONTROL, $CONTROL } 0 .. $BATCH - 1;
}

# What the kernel says of each frame: first the time stamp, then struct tpacket_auxdata (packet_recvmsg, af_packet.c).
my ($IS_TIME, $IS_AUXDATA) = ($SOL_SOCKET | $SO_TIMESTAMPNS << 32, $SOL_PACKET | $PACKET_AUXDATA << 32);

# What waits at a packet socket, a batch at most: how many frames, and their records.
sub received {
    my ($socket, $index) = @_;
    my ($records, $batch) = ('', $headers);
    my $got = syscall($SYS->{recvmmsg}, fileno($socket), $batch, $BATCH, $MSG_DONTWAIT, 0);
    return (0, '') if $got < 1;
    my @length = unpack "(x56 L x4)$got", $batch;
    my @from = unpack "(x4 L S C x9)$got", $addresses;
    my @told = unpack "(x8 Q q q x8 Q L x12 S S x4)$got", $controls;
    for my $i (0 .. $got - 1) {
        my ($ifindex, $hatype, $pkttype) = splice @from, 0, 3;
        my ($is_time, $s, $ns, $is_auxdata, $status, $tci, $tpid) = splice @told, 0, 7;
        die "the kernel does not say when a frame came and with what tag\n" if $is_time != $IS_TIME || $is_auxdata != $IS_AUXDATA;
        my $frame = substr $frames, $i * $FRAME, $length[$i];
        if ($status & $TP_STATUS_VLAN_VALID && ($hatype == $ARPHRD_ETHER || $hatype == $ARPHRD_LOOPBACK)) {
            substr($frame, 12, 0) = pack 'n n', $status & $TP_STATUS_VLAN_TPID_VALID ? $tpid : 0x8100, $tci;
        }
        $records .= pack('n N C n N N N/a*', $index, $ifindex, $pkttype, $hatype, $s, $ns, $frame);
    }
    ($got, $records);
}

# Reads what has been captured; returns about how much room it took in the kernel, which counts 512 bytes and more a frame.
sub hear {
    my ($ear) = @_;
    return hear_traces($ear) if $ear->{traces};
    my ($records, $count) = ('', 0);
    while (length $records < 1 << 18) {
        my ($got, $more) = received($ear->{socket}, $ear->{index});
        $records .= $more;
        $count += $got;
        last if $got < $BATCH;
    }
    say_('frames', $records) if $count;
    length($records) + 512 * $count;
}

# Reads what is queued at a socket by now, and no more: in a broadcast storm there is no end to it.
sub read_queued {
    my ($of, $read) = @_;
    for (my $left = unpack 'L', getsockopt($of->{socket}, $SOL_SOCKET, $SO_MEMINFO); $left > 0;) { $left -= $read->($of) || last }
}

sub drain {
    my @drops;
    for my $ear (@ears) {
        if ($ear->{traces}) { 1 while hear_traces($ear); next }
        read_queued($ear, \&hear);
        my $stats = getsockopt($ear->{socket}, $SOL_PACKET, $PACKET_STATISTICS);
        $ear->{drops} += (unpack 'L L', $stats)[1];
    }
    map { $_->{drops} } grep { !$_->{traces} } @ears;
}

# RFC 1071: an odd last byte is padded.
sub checksum { my $sum = unpack '%32n*', "$_[0]\0"; $sum = ($sum & 0xffff) + ($sum >> 16) for 1, 2; ~$sum & 0xffff }

sub probe {
    my ($name, @targets) = @_;
    my $socket = widen(socket_in($name, 'raw', $AF_INET, $IPPROTO_ICMP), 4 << 20);
    setsockopt($socket, $SOL_RAW, $ICMP_FILTER, pack 'L', ~(1 << $ICMP_ECHOREPLY) & 0xffffffff);
    $places{$name}{probe} = { socket => $socket, heard => [] };
    my @said;
    for (my $sequence = 1; @targets; $sequence++) {
        my ($address, $data) = splice @targets, 0, 2;
        my @fields = (8, 0, $$ & 0xffff, $sequence & 0xffff, $data);
        my $packet = pack 'C C n n n a*', @fields[ 0, 1 ], checksum(pack 'C C n n n a*', @fields[ 0, 1 ], 0, @fields[ 2 .. 4 ]), @fields[ 2 .. 4 ];
        my $to = pack 'S n C4 x8', $AF_INET, 0, split /\./, $address;
        push @said, defined send($socket, $packet, $MSG_DONTWAIT, $to) ? '' : "$!";
    }
    @said;
}

# What the echo replies carried that came to the socket of the last probe: delivery to a socket, which is behind INPUT.
sub heard {
    my ($name) = @_;
    my $place = $places{$name} or die "no place $name\n";
    my $probe = $place->{probe} or return;
    while ($probe->{socket} && defined recv($probe->{socket}, my $packet, 65536, $MSG_DONTWAIT)) {
        my $message = substr $packet, 4 * (ord($packet) & 15);
        push @{ $probe->{heard} }, substr $message, 8 if length $message >= 8 && ord($message) == $ICMP_ECHOREPLY;
    }
    @{ $probe->{heard} };
}

# What is typed at a place finds no socket there that is not the lab's own; what was heard until then is kept.
sub close_probe {
    my ($name) = @_;
    heard($name);
    delete $places{$name}{probe}{socket} if $places{$name}{probe};
}

# To close a packet socket takes the kernel some ten milliseconds (packet_release waits for its readers), and whoever holds
# it last waits. So children share them out, and close their shares side by side once nobody else holds them.
sub deafen {
    my @sockets = map { $_->{socket} } @ears;
    (@ears, %ear_of) = ();
    my $shares = @sockets < 32 ? @sockets : 32;
    pipe(my $sorted, my $sorting) or die "pipe: $!\n";
    pipe(my $waiting, my $go) or die "pipe: $!\n";
    my @children;
    for my $share (0 .. $shares - 1) {
        my $pid = fork() // next;
        push(@children, $pid), next if $pid;
        @sockets = @sockets[grep { $_ % $shares == $share } 0 .. $#sockets];
        close $_ for $sorting, $go;
        sysread $waiting, my $end, 1;
        kill 'KILL', $$;
    }
    @sockets = ();
    close $sorting;
    sysread $sorted, my $end, 1;
    close $go;
    for my $pid (@children) { 1 while waitpid($pid, 0) < 0 && $!{EINTR} }
}

sub memory_file {
    my ($bytes) = @_;
    my $name = 'stdin';
    my $number = syscall($SYS->{memfd}, $name, 0);
    open(my $file, '+<&=', $number) or die "memfd: $!\n";
    for (my $at = 0; $at < length $bytes;) { $at += syswrite($file, $bytes, length($bytes) - $at, $at) }
    sysseek $file, 0, 0;
    $file;
}

# What `sysctl -eqw NAME=VALUE ...` does, without a process: a lab begins with one at every place.
sub sysctl_ {
    for (@_) {
        my ($name, $value) = split /=/, $_, 2;
        open(my $file, '>', '/proc/sys/' . $name =~ tr(./)(/.)r) or next;
        syswrite $file, "$value\n";
    }
    exit 0;
}

my $interrupted = 0;

# Where a program is, found once for all that follow: a shell would try every folder of PATH each time.
my %program;

sub program {
    my ($name) = @_;
    return $name if $name =~ m{/} || $name eq '';
    $program{$name} //= (grep { -f && -x _ } map { "$_/$name" } split /:/, $ENV{PATH} // '')[0] // return $name;
}

sub exec_ {
    my ($argv, $stdin) = @_;
    $SIG{INT} = 'DEFAULT';
    exit 130 if $interrupted;
    if ($stdin eq '') { open(STDIN, '<', '/dev/null') }
    else              { my $file = memory_file($stdin); open(STDIN, '<&', $file) }
    my @argv = split /\0/, $argv, -1;
    sysctl_(@argv[ 2 .. $#argv ]) if @argv > 2 && "@argv[0, 1]" eq 'sysctl -eqw';
    no warnings 'exec';
    exec { program($argv[0]) } @argv;
    syswrite STDERR, "$argv[0]: $!\n";
    exit 127;
}

sub work {
    my ($place, $pipe, @groups) = @_;
    syscall($SYS->{setsid});
    $SIG{PIPE} = $SIG{CHLD} = 'DEFAULT';
    open(STDOUT, '>&', $pipe->{'stdout<'});
    open(STDERR, '>&', $pipe->{'stderr<'});
    enter($place);
    chdir '/';
    # An interrupted command ends as it pleases, and is waited for; none comes after it.
    $SIG{INT} = sub { $interrupted = 1 };
    for (my $i = 0; @groups; $i++) {
        my ($argv, $stdin) = splice @groups, 0, 2;
        syswrite $pipe->{'group<'}, pack('N', $i);
        exec_($argv, $stdin) if !@groups;
        my $child = fork() // die "fork: $!\n";
        exec_($argv, $stdin) if !$child;
        1 while waitpid($child, 0) < 0 && $!{EINTR};
        exit($? & 127 ? 128 + ($? & 127) : $? >> 8) if $?;
        exit 130 if $interrupted;
    }
    exit 0;
}

sub run {
    my ($id, $name, @groups) = @_;
    my $place = $name eq '' ? {} : $places{$name} // die "no place $name\n";
    close_probe($name) if $name ne '';
    own_sysfs($place->{node} // $place);
    program((split /\0/, $groups[$_])[0] // "") for grep { $_ % 2 == 0 } 0 .. $#groups;
    my %pipe;
    for my $end ('stdout', 'stderr', 'group') { pipe($pipe{$end}, $pipe{"$end<"}) or die "pipe: $!\n" }
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
        eval { work($place, \%pipe, @groups) };
        syswrite STDERR, $@;
        exit 126;
    }
    my %run = (id => $id, pid => $pid);
    for my $end ('stdout', 'stderr', 'group') {
        close $pipe{"$end<"};
        $run{$end} = { fd => $pipe{$end}, bytes => '' };
    }
    $runs{$pid} = $run_of{$id} = \%run;
}

# A run is a session: what it started is in it, also what has made a process group of its own, as timeout(1) does.
sub signal_run {
    my ($name, $pid) = @_;
    my %groups;
    opendir(my $processes, '/proc') or die "cannot list processes: $!\n";
    for my $process (grep { /^\d/ } readdir $processes) {
        open(my $file, '<', "/proc/$process/stat") or next;
        my ($group, $session) = (split ' ', (<$file> // '') =~ s/.*\)//sr)[ 2, 3 ];
        $groups{$group} = 1 if defined $session && $session == $pid;
    }
    # A child that has not come to make its session yet has no group of its own.
    # The session's leader first: it would go on, and end well, if it saw those end that it waits for.
    kill $name, %groups ? map { -$_ } sort { ($b == $pid) <=> ($a == $pid) } keys %groups : $pid;
}

sub slurp {
    my ($stream) = @_;
    my $got = sysread $stream->{fd}, $stream->{bytes}, 1 << 16, length $stream->{bytes};
    delete $stream->{fd} if defined $got && !$got;
}

sub readable { my ($stream) = @_; my $bits = ''; my $fd = $stream->{fd} or return 0;
    vec($bits, fileno($fd), 1) = 1; select($bits, undef, undef, 0) }

sub reap {
    while ((my $pid = waitpid -1, 1) > 0) {
        my $status = $?;
        if (!$runs{$pid}) { $_->($pid, $status) for values %ended; next }
        my $run = delete $runs{$pid};
        delete $run_of{ $run->{id} };
        $_->() for @before_ran;
        # As much as a pipe can hold, and no more: a child left behind may never stop writing.
        for my $end ('stdout', 'stderr', 'group') { for (1 .. 16) { slurp($run->{$end}) if readable($run->{$end}) } }
        my $code = $status & 127 ? 128 + ($status & 127) : $status >> 8;
        my $group = unpack('N', substr $run->{group}{bytes}, -4) // 0;
        say_('ran', $run->{id}, $group, $code, $run->{stdout}{bytes}, $run->{stderr}{bytes});
    }
}

my %answer = (
    sandbox => sub { my ($id) = @_; say_('ok', $id, sandbox()) },
    node    => sub { my ($id, @words) = @_; say_('ok', $id, node(@words)) },
    place   => sub { my ($id, @place) = @_; place(@place); say_('ok', $id) },
    run     => sub { run(@_) },
    links   => sub { my ($id, @names) = @_; say_('ok', $id, map { links_of($_) } @names) },
    signal  => sub { my ($id, $name) = @_; signal_run($name, $run_of{$id}{pid}) if $run_of{$id} },
    listen  => sub { my ($id, @what) = @_; listen_(@what); say_('ok', $id) },
    trace   => sub { my ($id, @names) = @_; trace(@names); say_('ok', $id) },
    filter  => sub { my ($id, $program) = @_; filter($program); say_('ok', $id) },
    drain   => sub { my ($id) = @_; say_('drained', $id, drain()) },
    probe   => sub { my ($id, @what) = @_; say_('ok', $id, probe(@what)) },
    heard   => sub { my ($id, $name) = @_; say_('ok', $id, heard($name)) },
    netnsids => sub { my ($id, $name, @others) = @_; say_('ok', $id, map { netnsid($name, $_) } @others) },
    tentative => sub { my ($id, @names) = @_; say_('ok', $id, map { tentative($_) } @names) },
    read    => sub { my ($id, $patterns, @names) = @_; say_('ok', $id, map { read_($_, split /\0/, $patterns) } @names) },
    forget  => sub { my ($id, @what) = @_; forget(@what); say_('ok', $id) },
    backlog => sub { my ($id) = @_; say_('ok', $id, backlog()) },
    stay    => sub { my ($id) = @_; $stay = 1; $SIG{HUP} = 'IGNORE'; say_('ok', $id) },
    finally => sub { (my $id, $finally) = @_; say_('ok', $id) },
);

# What few labs need does not cost all of them the time that perl takes to read it.
$answer{learn} = sub { my ($id, $program) = @_; eval "$program; 1" or die $@; say_('ok', $id) };

sub obey {
    while (length $in >= 4 && length $in >= 4 + unpack('N', $in)) {
        my ($op, $id, @rest) = unpack('(N/a*)*', substr($in, 4, unpack('N', $in)));
        substr($in, 0, 4 + unpack('N', $in)) = '';
        eval { ($answer{$op} // die "there is no request $op\n")->($id, @rest); 1 } or do { chomp(my $why = $@); say_('failed', $id, $why) };
    }
}

say_('speaks', $VERSION);
STDIN->blocking(0);
STDOUT->blocking(0);
my $hung_up = 0;
while (1) {
    my ($read, $write) = ('', '');
    vec($read, 0, 1) = 1 if !$hung_up;
    vec($read, fileno($_->{socket}), 1) = 1 for length $out < $LONGEST ? @ears : (), length $out < $MOST_BEFORE_ANSWERS ? @relays : ();
    vec($read, fileno($_->{fd}), 1) = 1 for length $out < $LONGEST ? grep { !$_->{held} } values %terminals : ();
    vec($write, fileno($_->{fd}), 1) = 1 for grep { $_->{keys} ne '' } values %terminals;
    my $ending = 0;
    for my $run (values %runs) {
        my @open = grep { $_->{fd} } @$run{ 'stdout', 'stderr' };
        $ending = 1 if @open < 2;
        vec($read, fileno($_->{fd}), 1) = 1 for @open;
    }
    vec($write, 1, 1) = 1 if $out ne '' && !$hung_up;
    # A child that ends between reap and select would go unnoticed: look again before long while one runs.
    my $ready = select($read, $write, undef, !%runs && !%terminals ? undef : $ending ? 0.001 : 0.05);
    if ($ready > 0) {
        hear($_) for grep { vec($read, fileno($_->{socket}), 1) } @ears;
        my @ready = grep { vec($read, fileno($_->{socket}), 1) } @relays;
        $_->{turn}->($_) for @ready;
        $_->{turn}->($_) for grep { vec($read | $write, fileno($_->{fd}), 1) } values %terminals;
        for my $run (values %runs) {
            slurp($_) for grep { $_->{fd} && vec($read, fileno($_->{fd}), 1) } @$run{ 'stdout', 'stderr' };
            signal_run('KILL', $run->{pid}) if length($run->{stdout}{bytes}) + length($run->{stderr}{bytes}) > $LONGEST;
        }
        if (!$hung_up && vec($read, 0, 1)) {
            my $got = sysread STDIN, $in, 1 << 20, length $in;
            if (defined $got && !$got) {
                # The first process of a sandbox takes all others with it: they end while the captures close.
                kill 'KILL', -1 if $$ == 1 && !$stay && $finally eq '';
                deafen();
                @relays = @before_ran = ();
                delete $_->{probe} for values %places;
                %terminals = ();
                $_->() for @at_the_end;
                if (!$stay) {
                    system('sh', '-c', $finally) if $finally ne '';
                    exit 0;
                }
                $hung_up = 1;
                for my $fd (*STDIN, *STDOUT) { open($fd, '+<', '/dev/null') }
            }
            obey();
        }
    }
    reap();
    if ($out ne '' && !$hung_up) {
        my $sent = syswrite STDOUT, $out;
        substr($out, 0, $sent) = '' if $sent;
    }
}
