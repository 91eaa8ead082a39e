#!/usr/bin/perl
# watched-install.pl JOURNAL TEXT DELAY_MS COMMAND...
# Runs the command and kills it, as nothing can be prepared for, DELAY_MS after the first line of the journal that holds
# TEXT. Prints the last line of the journal at that moment, or "ended CODE" when the command was faster.
# Perl because it is in every Debian; it looks without a pause because a step may take less than a millisecond.
use strict;
use warnings;
use POSIX ':sys_wait_h';
use Time::HiRes qw(sleep);

my ($journal, $text, $delay, @command) = @ARGV;
my $child = fork // die "fork: $!";
if ($child == 0) {
  open STDOUT, '>', '/dev/null';
  exec @command or die "exec: $!";
}
my $size = -1;
until (waitpid($child, WNOHANG) == $child) {
  my $now = -s $journal // 0;
  next if $now == $size;
  $size = $now;
  open my $file, '<', $journal or next;
  my @lines = <$file>;
  next unless grep { index($_, $text) >= 0 } @lines;
  sleep $delay / 1000;
  kill 'KILL', $child;
  waitpid $child, 0;
  last unless WIFSIGNALED($?);
  open $file, '<', $journal or die "$journal: $!";
  @lines = <$file>;
  print $lines[-1];
  exit 0;
}
print 'ended ', WEXITSTATUS($?), "\n";
