# What packetwalk's agent learns (see agent.pl) when a cable of the lab leads to another machine. At each of its ends such a cable is a
# veth pair: one of the two is the place's interface, the other is held here, in the sandbox's own namespace. What a place sends comes
# out there and is told, whole; what the other machine's agent told goes in there. Its requests:
#   hold   ID CABLE PLACE INDEX HELD   hold an end: INDEX is that of the place's interface, HELD that of the other. From then on, until
#                                      `torn CABLE`: relayed CABLE FRAME..., and plugged CABLE ON, whether the place's is switched on
#   pass   ID CABLE FRAME...           hand frames to the place; not answered
#   plug   ID CABLE ON                 give the place's interface a carrier, or take it
#   tear   ID CABLE                    remove the end, and with it the place's interface
#   lost   ID                          answers when all that has come by now is told: for each place, and how many frames were lost at
#                                      its ends since the last time, because there was no room for them
my ($SOCK_DGRAM, $PACKET_IGNORE_OUTGOING, $SIOCETHTOOL, $ETHTOOL_GFEATURES, $ETHTOOL_SFEATURES) = (2, 23, 0x8946, 0x3a, 0x3b);
my ($RTM_NEWLINK, $RTM_DELLINK, $RTM_SETLINK, $RTMGRP_LINK, $IFF_UP, $IFLA_IFNAME) = (16, 17, 19, 1, 1, 3);
my $ETH_P_ALL = unpack 'S', pack 'n', 3;
# Ends that are held, by their cable; what tells of the links of a place, and of those of the sandbox itself, by its name.
my (%held, %told_of);

sub own_netlink {
    socket(my $socket, $AF_NETLINK, $SOCK_RAW, $NETLINK_ROUTE) or die "cannot open a netlink socket: $!\n";
    $socket;
}

sub watch_links {
    my ($name) = @_;
    my $socket = $name eq '' ? own_netlink() : socket_in($name, 'netlink', $AF_NETLINK, $NETLINK_ROUTE);
    bind(widen($socket, 1 << 20), pack 'S S L L', $AF_NETLINK, 0, 0, $RTMGRP_LINK) or die "cannot watch the links of $name: $!\n";
    push @relays, { socket => $socket, place => $name, turn => \&hear_links };
    $relays[-1];
}

# Which links are switched on or off now, or are gone. What there was no room for (ENOBUFS) is looked up.
sub hear_links {
    my ($watch) = @_;
    my $missed = 0;
    while (1) {
        if (defined recv($watch->{socket}, my $part, 1 << 17, $MSG_DONTWAIT)) { link_told($watch->{place}, $_) for messages($part) }
        elsif ($!{ENOBUFS}) { $missed = 1 }
        elsif (!$!{EINTR})  { last }
    }
    return if !$missed;
    if ($watch->{place} ne '') { look_at($watch->{place}) }
    else                       { look_for_ends() }
}

# Which ends are gone, of those that are held.
sub look_for_ends {
    my ($errno, @links) = ask_kernel(own_netlink(), $RTM_GETLINK, $NLM_F_DUMP, pack 'x16');
    die sentence('the kernel refuses to list the links of the sandbox', $errno) if $errno;
    my %there = map { (unpack('x20 l', $_) => 1) } messages(join '', @links);
    $there{ $_->{own} } or torn($_) for my @all = values %held;
}

sub look_at { my ($name) = @_; link_told($name, $_) for messages(links_of($name)) }

sub messages {
    my ($part) = @_;
    my @messages;
    for (my $at = 0; $at + 32 <= length $part;) {
        my $length = unpack 'L', substr $part, $at, 4;
        last if $length < 16;
        push @messages, substr $part, $at, $length;
        $at += $length + 3 & ~3;
    }
    @messages;
}

# struct ifinfomsg, rtnetlink(7). Who removes one of a veth pair has removed both.
sub link_told {
    my ($place, $message) = @_;
    my ($type, $index, $flags) = unpack 'x4 S x14 l L', $message;
    my $gone = $type == $RTM_DELLINK;
    return if !$gone && $type != $RTM_NEWLINK;
    for my $end (my @all = values %held) {
        tell_plugged($end, !$gone && $flags & $IFF_UP ? 1 : 0) if $end->{place} eq $place && $end->{index} == $index;
        torn($end) if $gone && $place eq '' && $end->{own} == $index;
    }
}

sub tell_plugged {
    my ($end, $on) = @_;
    say_('plugged', $end->{cable}, $on) if $end->{on} != $on;
    $end->{on} = $on;
}

sub torn {
    my ($end) = @_;
    delete $held{ $end->{cable} };
    @relays = grep { $_ != $end } @relays;
    say_('torn', $end->{cable});
}

sub name_of {
    my ($name, $index) = @_;
    for my $message (messages(links_of($name))) {
        next if $index != unpack 'x20 l', $message;
        my %told = attributes(substr $message, 32);
        return unpack 'Z*', $told{$IFLA_IFNAME};
    }
    die "there is no interface $index in $name\n";
}

# A frame is whole, with its checksums, as on a wire, once the kernel leaves nothing of that to a device (linux/ethtool.h).
sub without_offloads {
    my ($name, $index) = @_;
    my $device = name_of($name, $index);
    inside($name, sub {
        socket(my $socket, $AF_INET, $SOCK_DGRAM, 0) or die "cannot open a socket in $name: $!\n";
        my $ask = sub {
            my ($words) = @_;
            my $request = pack 'a16 P x16', $device, $words;
            defined ioctl($socket, $SIOCETHTOOL, $request) or die "cannot switch the offloads of $name:$device off: $!\n";
            unpack 'L*', $words;
        };
        my (undef, $blocks, @features) = $ask->(pack 'L2 x64', $ETHTOOL_GFEATURES, 4);
        $ask->(pack 'L2 L*', $ETHTOOL_SFEATURES, $blocks, map { $features[ 4 * $_ ], 0 } 0 .. $blocks - 1);
    });
}

sub hold {
    my ($cable, $name, $index, $own) = @_;
    make_room();
    without_offloads($name, $index);
    socket(my $socket, $AF_PACKET, $SOCK_RAW, 0) or die "cannot open a packet socket: $!\n";
    setsockopt(telling(widen($socket, 16 << 20), 'the sandbox'), $SOL_PACKET, $PACKET_IGNORE_OUTGOING, pack 'i', 1)
        or die "cannot leave out what it sends itself (Linux 4.20 or later can): $!\n";
    bind($socket, pack 'S S l x12', $AF_PACKET, $ETH_P_ALL, $own) or die "cannot read what $name sends: $!\n";
    $told_of{$_} //= watch_links($_) for '', $name;
    $held{$cable} = { cable => $cable, place => $name, index => $index, own => $own, on => 0, lost => 0, socket => $socket, turn => \&relay };
    push @relays, $held{$cable};
    look_at($name);
}

# Returns, as `hear` does, about how much room it took in the kernel.
sub relay {
    my ($end) = @_;
    my ($count, $records) = received($end->{socket}, 0);
    say_('relayed', $end->{cable}, unpack '(x17 N/a*)*', $records) if $count;
    length($records) + 512 * $count;
}

sub end_of { $held{ $_[0] } // die "no end of cable $_[0] is held\n" }

# The first error may be an old one: that the end was down (packet_notifier, af_packet.c). While it is, nothing gets through.
sub pass {
    my ($cable, @frames) = @_;
    my $end = end_of($cable);
    for my $frame (@frames) {
        next if defined(send($end->{socket}, $frame, $MSG_DONTWAIT) // send($end->{socket}, $frame, $MSG_DONTWAIT));
        $end->{lost}++ if !$!{ENETDOWN} && !$!{ENXIO};
    }
}

sub lost {
    my ($end) = @_;
    my $count = $end->{lost} + (unpack 'L L', getsockopt($end->{socket}, $SOL_PACKET, $PACKET_STATISTICS))[1];
    $end->{lost} = 0;
    $count;
}

sub change_own {
    my ($what, $end, $type, $flags) = @_;
    my ($errno) = ask_kernel(own_netlink(), $type, $NLM_F_ACK, pack 'x4 l L L', $end->{own}, $flags, $IFF_UP);
    die sentence("cannot $what the cable of $end->{place}", $errno) if $errno && $errno != $ENODEV;
}

sub hear_all_links { hear_links($_) for values %told_of }

sub lost_at_all {
    hear_all_links();
    my @ends = values %held;
    read_queued($_, \&relay) for @ends;
    map { ($_->{place}, lost($_)) } @ends;
}

# What a command switched on or off is told before how the command ended.
push @before_ran, \&hear_all_links;
$answer{hold} = sub { my ($id, @what) = @_; hold(@what); say_('ok', $id) };
$answer{pass} = sub { my ($id, @what) = @_; pass(@what) };
$answer{plug} = sub { my ($id, $cable, $on) = @_; change_own('plug', end_of($cable), $RTM_SETLINK, $on ? $IFF_UP : 0); say_('ok', $id) };
$answer{tear} = sub { my ($id, $cable) = @_; change_own('tear', end_of($cable), $RTM_DELLINK, 0); say_('ok', $id) };
$answer{lost} = sub { my ($id) = @_; say_('ok', $id, lost_at_all()) };
