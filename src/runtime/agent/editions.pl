# What packetwalk's agent learns (see agent.pl) when it is asked whether places are still as they were. Its request:
#   editions ID FILES (PLACE PIDS)...   answers for each place numbers, joined by blanks, each of which is another one than before
#                                       once something of its part is another one there: interfaces with their addresses; routes,
#                                       rules, neighbours and IPsec; rules of IPv6; settings; what of forwarding tables nobody
#                                       learned; processes; firewall; queues; sockets that listen, sets, virtual servers.
#                                       FILES are paths joined by NUL, as those of `read`, of settings with one value each; PIDS
#                                       are files that name a process each, of which is told whether it runs
# The kernel is asked for all of it in its own words, which are compared byte by byte, without what it counts and what runs out by
# itself: no process is started. What of it a kernel does not have is told by the number of its error.
my ($NETLINK_SOCK_DIAG, $NETLINK_XFRM) = (4, 6);
my ($RTM_GETADDR, $RTM_GETRULE, $RTM_GETQDISC, $RTM_GETNEIGHTBL) = (22, 34, 38, 66);
my $AF_BRIDGE = 7;
my ($IFLA_EXT_MASK, $RTEXT_FILTER_BRVLAN, $RTEXT_FILTER_SKIP_STATS) = (29, 1 << 1, 1 << 3);
my ($XFRM_MSG_GETSA, $XFRM_MSG_GETPOLICY) = (0x12, 0x15);
# nfnetlink(7): the subsystem of ipset is 6, and that of nftables, whose generation is another one after each change, 10.
my ($IPSET_CMD_LIST, $NFT_MSG_GETGEN) = (0x607, 0xa10);
my ($SOCK_DIAG_BY_FAMILY, $TCP, $UDP, $TCP_LISTEN, $TCP_CLOSE) = (20, 6, 17, 10, 7);
my $NTF_STICKY = 0x40;

# What is left out of an answer, by the numbers of attributes, be it within others: what is counted, and the time that is left.
# linux/if_link.h: IFLA_STATS, IFLA_STATS64; in IFLA_AF_SPEC of IPv6 statistics and times.
my %OF_LINK = (7 => 1, 23 => 1, 26 => { 10 => { 3 => 1, 5 => 1, 6 => 1 } });
# In IFLA_LINKINFO of a bridge its timers, of a bridge's port that port's.
my %OF_BRIDGE = (%OF_LINK, 18 => { 2 => { map { $_ => 1 } 16 .. 19 }, 5 => { map { $_ => 1 } 21 .. 23 } });
my ($IS_BRIDGE, $IS_PORT) = map { pack 'S S a*', 11, $_, "bridge\0" } 1, 4;
# IFA_CACHEINFO; RTA_CACHEINFO; NDA_CACHEINFO and NDA_PROBES; TCA_STATS, TCA_XSTATS and TCA_STATS2; IFLA_PROTINFO.
my (%OF_ADDRESS, %OF_ROUTE, %OF_NEIGHBOUR, %OF_QUEUE, %OF_VLAN);
@OF_ADDRESS{6} = @OF_ROUTE{12} = @OF_VLAN{12} = 1;
@OF_NEIGHBOUR{ 3, 4 } = @OF_QUEUE{ 3, 4, 7 } = (1) x 3;
# linux/neighbour.h: NDTA_CONFIG, NDTA_STATS, and of NDTA_PARMS how often they are used, and a time that is drawn by lot.
my %OF_NEIGHBOURS = (5 => 1, 7 => 1, 6 => { 2 => 1, 3 => 1 });

# Attributes in their order, without some.
sub without {
    my ($bytes, $some) = @_;
    my $kept = '';
    for (my $at = 0; $at + 4 <= length $bytes;) {
        my ($length, $type) = unpack 'S S', substr $bytes, $at, 4;
        last if $length < 4;
        my $left_out = $some->{ $type & 0x3fff };
        if (!$left_out) { $kept .= substr $bytes, $at, $length }
        elsif (ref $left_out) { $kept .= pack 'S/a*', without(substr($bytes, $at + 4, $length - 4), $left_out) }
        $at += $length + 3 & ~3;
    }
    $kept;
}

# What of a kind a place has; HEAD is how long a message's own fields are.
sub listed {
    my ($socket, $type, $request, $head, $some, $is_told) = @_;
    my ($errno, @messages) = ask_kernel($socket, $type, $NLM_F_DUMP, $request);
    return "error $errno" if $errno;
    join '', map { substr($_, 16, $head) . without(substr($_, 16 + $head), $some) } $is_told ? grep { $is_told->($_) } @messages : @messages;
}

sub all_links {
    join '', map {
        my $is_bridge = index($_, $IS_BRIDGE) >= 0 || index($_, $IS_PORT) >= 0;
        substr($_, 16, 16) . without(substr($_, 32), $is_bridge ? \%OF_BRIDGE : \%OF_LINK);
    } @_;
}

# struct ndmsg: what of a neighbour's state nobody sets comes and goes.
sub all_neighbours {
    my ($socket, $flags) = @_;
    my ($errno, @known) = ask_kernel($socket, $RTM_GETNEIGH, $NLM_F_DUMP, pack 'x10 C x', $flags);
    return "error $errno" if $errno;
    join '', sort map {
        my ($family, $index, $state, $flags) = unpack 'x16 C x3 l S C', $_;
        pack('C l S C', $family, $index, $state & ($NUD_NOARP | $NUD_PERMANENT), $flags) . without(substr($_, 28), \%OF_NEIGHBOUR);
    } @known;
}

sub is_set_in_fdb {
    my ($state, $flags) = unpack 'x24 S C', $_[0];
    $state & ($NUD_NOARP | $NUD_PERMANENT) || $flags & ($NTF_EXT_LEARNED | $NTF_STICKY);
}

# Asks over netlink by another protocol than the interfaces are asked by; a kernel may not have it.
sub asked_of {
    my ($name, $protocol, $type, $flags, $body) = @_;
    my $socket = $places{$name}{"netlink $protocol"} //= eval { socket_in($name, 'netlink', $AF_NETLINK, $protocol) } || 'none';
    return $socket if $socket eq 'none';
    my ($errno, @messages) = ask_kernel($socket, $type, $flags, $body);
    ($errno, map { substr $_, 16 } @messages);
}

# To ask a kernel that has no ipset would have it look for a module each time. The attribute is IPSET_ATTR_PROTOCOL.
sub address_sets {
    my ($name) = @_;
    return 'none' if !-d '/sys/module/ip_set';
    asked_of($name, $NETLINK_NETFILTER, $IPSET_CMD_LIST, $NLM_F_DUMP, pack('C x3', $AF_INET) . attribute(1, pack 'C', 6));
}

# struct inet_diag_req_v2; of struct inet_diag_msg, addresses, ports and the interface.
sub listening {
    my ($name) = @_;
    join '', map {
        my ($protocol, $state) = @$_;
        map {
            my ($errno, @sockets) = asked_of($name, $NETLINK_SOCK_DIAG, $SOCK_DIAG_BY_FAMILY, $NLM_F_DUMP, pack 'C C x2 L x48', $_, $protocol, 1 << $state);
            "$protocol $errno", sort map { substr $_, 4, 40 } @sockets;
        } $AF_INET, $AF_INET6;
    } [$TCP, $TCP_LISTEN], [$UDP, $TCP_CLOSE];
}

sub value { open(my $file, '<', $_[0]) or return ''; sysread $file, my $bytes, 1 << 16; $bytes // '' }

# What a file of /proc/sys holds. There are more than a hundred of them at each place: perl's own files take half as long again.
my ($OPENAT, $READ, $CLOSE) = $arch eq 'x86_64' ? (257, 0, 3) : (56, 63, 57);
my ($AT_FDCWD, $LONGEST_VALUE) = (-100, 256);
my $value = "\0" x $LONGEST_VALUE;

sub setting {
    my ($path) = @_;
    my $file = syscall($OPENAT, $AT_FDCWD, $path, 0);
    return '' if $file < 0;
    my $got = syscall($READ, $file, $value, $LONGEST_VALUE);
    syscall($CLOSE, $file);
    $got > 0 ? substr $value, 0, $got : '';
}

# Which files there are depends on the parts of the kernel that are there.
sub values_of {
    my ($place, $files) = @_;
    my $parts = join '', map { -e "/proc/sys/net/$_" ? 1 : 0 } 'bridge', 'netfilter/nf_conntrack_max', 'ipv4/vs', 'ipv6';
    my $paths = $place->{files}{"$parts $files"} //= [grep { -f } map { matching($_) } split /\0/, $files];
    join "\0", map { m{^/proc/sys/} ? setting($_) : value($_) } @$paths;
}

# Whether a process runs, and whether it is stopped (proc(5), state T).
sub running {
    my ($pid) = value($_[0]) =~ /^(\d+)$/ or return 'none';
    return 'ended' if !kill 0, $pid;
    value("/proc/$pid/stat") =~ /.*\) [Tt]/s ? 'stopped' : 'runs';
}

# The files that name processes are as a place's node has them.
sub all_running {
    my ($place, @files) = @_;
    return '' if !@files;
    enter({ mnt => $place->{mnt} });
    my $told = join ' ', map { running($_) } @files;
    enter({ mnt => $home }) if $place->{mnt};
    $told;
}

# The number that was given last: none is given twice.
my $edition = 0;

# Which name has which index: what stands on an interface has its number, and is shown with its name.
sub names_in {
    my ($links) = @_;
    join ' ', map { my ($index, %told) = (unpack('x20 l', $_), attributes(substr $_, 32)); "$index $told{3}" } @$links;
}

# All that is told of a place, by part, in the order of the answer.
sub told {
    my ($name, $files, @pids) = @_;
    my $place = $places{$name} or die "no place $name\n";
    my $socket = netlink($name);
    my $of = sub { listed($socket, @_) };
    my ($errno, @links) = ask_kernel($socket, $RTM_GETLINK, $NLM_F_DUMP, pack('x16') . attribute($IFLA_EXT_MASK, pack 'L', $RTEXT_FILTER_SKIP_STATS));
    my ($links, $names) = (all_links(@links), names_in(\@links));
    my ($values, $servers) = inside($name, sub { (values_of($place, $files), value('/proc/self/net/ip_vs')) });
    (
        [$links, $of->($RTM_GETADDR, pack('x8'), 8, \%OF_ADDRESS)],
        [
            $names,
            map({ $of->($RTM_GETROUTE, pack('C x11', $_), 12, \%OF_ROUTE) } $AF_INET, $AF_INET6),
            $of->($RTM_GETRULE, pack('C x11', $AF_INET), 12, {}),
            map({ all_neighbours($socket, $_) } 0, $NTF_PROXY),
            map({ asked_of($name, $NETLINK_XFRM, $_, $NLM_F_DUMP, pack 'x16') } $XFRM_MSG_GETPOLICY, $XFRM_MSG_GETSA),
        ],
        [$of->($RTM_GETRULE, pack('C x11', $AF_INET6), 12, {})],
        [$links, $of->($RTM_GETNEIGHTBL, pack('C x3', $AF_INET), 4, \%OF_NEIGHBOURS), $values],
        [
            $names,
            $of->($RTM_GETNEIGH, pack('C x11', $AF_BRIDGE), 12, \%OF_NEIGHBOUR, \&is_set_in_fdb),
            $of->($RTM_GETLINK, pack('C x15', $AF_BRIDGE) . attribute($IFLA_EXT_MASK, pack 'L', $RTEXT_FILTER_BRVLAN), 16, \%OF_VLAN),
        ],
        [all_running($place, @pids)],
        [$names, asked_of($name, $NETLINK_NETFILTER, $NFT_MSG_GETGEN, $NLM_F_ACK, pack 'x4')],
        [$names, $of->($RTM_GETQDISC, pack('x20'), 20, \%OF_QUEUE)],
        [listening($name), address_sets($name), $servers],
    );
}

sub editions_of {
    my ($name, @words) = @_;
    my $known = $places{$name}{told} //= [];
    my @told = map { join "\0\1\0", @$_ } told($name, @words);
    join ' ', map {
        $known->[$_] = [$told[$_], ++$edition] if !$known->[$_] || $known->[$_][0] ne $told[$_];
        $known->[$_][1];
    } 0 .. $#told;
}

$answer{editions} = sub {
    my ($id, $files, @asked) = @_;
    my @editions;
    while (my ($name, $pids) = splice @asked, 0, 2) { push @editions, editions_of($name, $files, split /\0/, $pids) }
    say_('ok', $id, @editions);
};
