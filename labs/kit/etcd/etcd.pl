#!/usr/bin/env perl
# How a program speaks with the etcd that $ETCD names. A hundred nodes' etcdctl take four seconds to start and, on an emulated
# machine, perl's module Socket 0.2 s: this does without both.
use strict;

# etcd's JSON gateway, where keys and values are in base64
sub ask {
  my ($what, $json) = @_;
  my ($inet, $stream) = (2, 1);
  socket my $etcd, $inet, $stream, 0;
  connect $etcd, pack 'S n C4 x8', $inet, 2379, split(/\./, $ENV{ETCD}) or die "etcd at $ENV{ETCD}: $!\n";
  syswrite $etcd, "POST /v3/$what HTTP/1.0\r\nContent-Length: " . length($json) . "\r\n\r\n$json";
  my $header = '';
  while ($header !~ /\r\n\r\n$/) { sysread $etcd, $header, 1, length $header or last }
  return $etcd;
}

sub base64 {
  my $text = join '', map { substr pack('u', $_), 1, -1 } $_[0] =~ /.{1,45}/gs;
  $text =~ tr(\x60!-_)(AB-Za-z0-9+/);
  my $padding = -length($_[0]) % 3;
  return substr($text, 0, length($text) - $padding) . '=' x $padding;
}

sub text {
  my $text = $_[0] =~ tr(A-Za-z0-9+/=)(\x60!-_)dr;
  return join '', map { unpack 'u', chr(32 + length($_) * 3 / 4) . $_ } $text =~ /.{1,60}/gs;
}

# Keys and their values as an answer has them; of a key that was deleted there is no value
sub entries {
  my ($answer, @found) = @_;
  push @found, [text($1), $2 =~ /"value":"(.*?)"/ ? text($1) : undef] while $answer =~ /\{"key":"(.*?)"(.*?)\}/g;
  return @found;
}

# Tells of every key below one, then of what changes
sub follow {
  my ($below, $tell) = @_;
  my $all = '"key":"' . base64($below) . '","range_end":"' . base64($below =~ s(/$)(0)r) . '"';
  my $now = readline ask('kv/range', "{$all}");
  my ($revision) = $now =~ /"revision":"(\d+)"/;
  $tell->(entries($now));
  my $changes = ask('watch', qq({"create_request":{$all,"start_revision":) . ++$revision . '}}');
  while (defined(my $change = readline $changes)) {
    my @changed = entries($change);
    $tell->(@changed) if @changed;
  }
  die "etcd has hung up\n";
}

1;
