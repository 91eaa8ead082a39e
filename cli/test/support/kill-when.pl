#!/usr/bin/perl
# kill-when.pl FILE TEXT DELAY_MS COMMAND...
# Runs the command and kills it, as nothing can be prepared for, DELAY_MS after the file has a line that holds TEXT, or
# exists if TEXT is empty. Prints "killed" and the file's last line at that moment, or "ended CODE" when the command was
# faster. Perl because it is in every Debian; it looks without a pause because a step may take less than a millisecond.
use strict;
use warnings;
use POSIX ':sys_wait_h';
use Time::HiRes qw(sleep);

my ($path, $text, $delay, @command) = @ARGV;
my $child = fork // die "fork: $!";
if ($child == 0) {
  open STDOUT, '>', '/dev/null';
  open STDERR, '>', '/dev/null';
  exec @command or die "exec: $!";
}
my $size = -1;
until (waitpid($child, WNOHANG) == $child) {
  my $now = -s $path // -1;
  next if $now == $size;
  $size = $now;
  next unless grep { index($_, $text) >= 0 } '', lines();
  sleep $delay / 1000;
  kill 'KILL', $child;
  waitpid $child, 0;
  last unless WIFSIGNALED($?);
  print 'killed ', (lines())[-1] // '', "\n";
  exit 0;
}
print 'ended ', WEXITSTATUS($?), "\n";

sub lines {
  open my $file, '<', $path or return ();
  my @lines = <$file>;
  return @lines;
}
