# SPDX-License-Identifier: LGPL-2.1-or-later

# What a program in Ruby does with a queue, through ruby-gobject-introspection. Argument: the path of
# plain-peer.

require 'gobject-introspection'
require_relative 'tap'

# Each namespace is loaded into a module of its name.
module Gio
  GObjectIntrospection::Loader.load('Gio', self)
end

module Mood
  GObjectIntrospection::Loader.load('Mood', self)
end

# Far longer than any event takes, also on a busy machine.
LIMIT_SECONDS = 30
LIMIT_US = LIMIT_SECONDS * 1_000_000

PLAIN_PEER = ARGV[0]
EVERY_BYTE = (0..255).to_a.pack('C*')

@next_number = 0

def test(description, &body)
  Tap.test(description, &body)
end

def assert(condition, message = 'the assertion does not hold')
  raise message unless condition
end

def assert_equal(actual, expected)
  assert actual == expected, "#{actual.inspect} is not #{expected.inspect}"
end

# The block must raise this error of GIO's, with the words in its message.
def assert_fails(kind, words)
  yield
rescue Gio::IOErrorEnum => e
  assert e.instance_of?(kind), "not #{kind}: #{e.class}"
  assert_equal e.domain, 'g-io-error-quark'
  assert e.message.include?(words), e.message
else
  raise 'the call did not fail'
end

def assert_raises(*kinds)
  yield
rescue *kinds
  nil
else
  raise 'the call raised nothing'
end

def remove(name)
  Mood.unlink(name)
rescue Gio::IOErrorEnum::NotFound
  # It was not there, or the test did it itself.
end

# The name of a queue that does not exist, and will not after the test.
def new_name
  name = "/mood-test-#{Process.pid}-#{@next_number += 1}"
  # A process of the same number that was killed may have left it.
  remove(name)
  Tap.add_cleanup { remove(name) }
  name
end

# A new queue, small, because all the queues of a user share one limit.
def new_queue(flags: [:rdwr], maxmsg: 4, msgsize: 64)
  Mood::MessageQueue.new(new_name, %i[creat excl] + flags, 0o600, maxmsg, msgsize)
end

def open_again(name, *flags)
  Mood::MessageQueue.new(name, flags, 0, -1, -1)
end

# What receive() and its kin give, with the bytes as a string.
def received(message_and_priority)
  message, priority = message_and_priority
  [message.pack('C*'), priority]
end

# Runs the main loop until the block holds.
def wait_until
  expired = false
  watchdog = GLib::Timeout.add_seconds(LIMIT_SECONDS) { expired = true }
  GLib::MainContext.default.iteration(true) until yield || expired
  GLib::Source.remove(watchdog)
  assert !expired, "not seen within #{LIMIT_SECONDS} s"
end

# A program that knows nothing of this library: its output, to be closed when it shall have ended.
def start_plain_peer(*arguments)
  peer = IO.popen([PLAIN_PEER, *arguments])
  Tap.add_cleanup do
    Process.kill(:KILL, peer.pid) unless peer.closed?
  end
  peer
end

def finish(peer)
  output = peer.read
  peer.close
  assert Process.last_status.success?
  output
end

test 'a queue has the properties that it was made with' do
  name = new_name
  flags = Mood::OpenFlags::RDWR | Mood::OpenFlags::CREAT | Mood::OpenFlags::NONBLOCK
  queue = Mood::MessageQueue.new(name, flags, 0o600, 3, 32)

  assert_equal queue.name, name
  assert_equal queue.flags, flags
  assert_equal queue.maxmsg, 3
  assert_equal queue.msgsize, 32
  assert_equal queue.mode & 0o7777, 0o600
  assert_equal queue.curmsgs, 0
  assert_equal queue.blocking?, false
  assert_equal queue.closed?, false
  assert queue.fd >= 0
  assert_equal queue.fileno, queue.fd
end

test 'a message comes out as it went in' do
  queue = new_queue(maxmsg: 2, msgsize: 256)

  assert_equal queue.send(EVERY_BYTE, 32_767), 256
  assert_equal received(queue.receive), [EVERY_BYTE, 32_767]
  assert_equal queue.send('', 3), 0
  assert_equal queue.receive, [[], 3]
  queue.send([0, 255, 10], 0)
  assert_equal queue.recv, [0, 255, 10]
end

test 'the highest priority comes first and then the oldest' do
  queue = new_queue

  [['low', 0], ['old', 7], ['new', 7], ['top', 9]].each { |message| queue.send(*message) }
  assert_equal Array.new(4) { queue.recv.pack('C*') }, %w[top old new low]
end

test 'what is too long for one message is sent as several' do
  queue = new_queue(msgsize: 8)

  assert_equal queue.sendall('0123456789', 5), [true, 10]
  assert_equal received(queue.receive), ['01234567', 5]
  assert_equal received(queue.receive), ['89', 5]
end

test 'several messages go at once' do
  queue = new_queue

  assert_equal queue.send_many("a\xffbcd".b, [2, 0, 3], [1, 9, 5], 0), 3
  assert_equal queue.curmsgs, 3
  assert_equal Array.new(3) { received(queue.receive) }, [['', 9], ['bcd', 5], ["a\xff".b, 1]]
end

# The binding cannot give more than one array, at least in version 3.4.
test 'receiving several at once works, or is refused and costs no message' do
  queue = new_queue

  queue.send_many('abcd', [1, 3], nil, 0)
  begin
    assert_equal queue.receive_many(8, 0), ['abcd'.bytes, [1, 3], [0, 0]]
  rescue NotImplementedError
    assert_equal queue.curmsgs, 2
  end
end

test 'a plain program has left messages' do
  name = new_name
  finish(start_plain_peer('create', name))
  queue = open_again(name, :rdonly)

  [['highest', 32_767], ['', 5], ['low', 0], ['low too', 0]].each do |expected|
    assert_equal received(queue.receive), expected
  end
end

test 'a plain program gets what was sent' do
  queue = new_queue

  queue.send('one', 1)
  queue.send('', 32_767)
  assert_equal finish(start_plain_peer('print', queue.name, '2')), "32767 0 \n1 3 one\n"
end

test 'a plain program answers' do
  questions = new_queue(msgsize: 256)
  answers = new_queue(msgsize: 256)
  peer = start_plain_peer('echo', questions.name, answers.name)

  [EVERY_BYTE, "a\0b", "\xff".b].each do |message|
    questions.send(message, 12)
    assert_equal received(answers.receive_with_timeout(LIMIT_US)), [message, 12]
  end
  questions.send('', 0)
  assert_equal answers.receive_with_timeout(LIMIT_US), [[], 0]
  finish(peer)
end

test 'a call waits no longer than it may' do
  queue = new_queue(maxmsg: 1)

  assert_fails(Gio::IOErrorEnum::WouldBlock, queue.name) { queue.receive_with_timeout(0) }
  start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  assert_fails(Gio::IOErrorEnum::TimedOut, '20000 microseconds') do
    queue.receive_with_timeout(20_000)
  end
  assert Process.clock_gettime(Process::CLOCK_MONOTONIC) - start >= 0.02
  assert_equal queue.send_with_timeout('in time', 2, 0), 7
  assert_fails(Gio::IOErrorEnum::TimedOut, 'full') { queue.send_with_timeout('too late', 2, 1000) }
  assert_equal received(queue.receive_with_timeout(0)), ['in time', 2]
end

test 'in nonblocking mode no call waits' do
  queue = new_queue

  assert_equal queue.blocking?, true
  queue.blocking = false
  assert_equal queue.blocking?, false
  assert_fails(Gio::IOErrorEnum::WouldBlock, queue.name) { queue.receive }
end

test 'an error has a class and says what would help' do
  name = new_name
  queue = new_queue(flags: [:rdonly])
  cancellable = Gio::Cancellable.new

  assert_fails(Gio::IOErrorEnum::NotFound, name) { open_again(name, :rdwr) }
  assert_fails(Gio::IOErrorEnum::Exists, queue.name) do
    Mood::MessageQueue.new(queue.name, %i[rdwr creat excl], 0o600, 2, 64)
  end
  assert_fails(Gio::IOErrorEnum::InvalidFilename, 'slash') { open_again('jobs', :rdwr) }
  assert_fails(Gio::IOErrorEnum::InvalidArgument, '32767') { queue.send('a', 32_768) }
  assert_fails(Gio::IOErrorEnum::PermissionDenied, 'WRONLY') { queue.send('a', 0) }
  cancellable.cancel
  assert_fails(Gio::IOErrorEnum::Cancelled, queue.name) { queue.recv(cancellable) }
end

test 'what cannot be sent is an error, and nothing is sent' do
  queue = new_queue
  errors = [ArgumentError, RangeError, TypeError]

  [nil, 5, true, {}, :text, [nil], queue].each do |message|
    assert_raises(*errors) { queue.send(message, 0) }
  end
  [nil, 2**32, 'high', [1]].each do |priority|
    assert_raises(*errors) { queue.send('a', priority) }
  end
  assert_raises(*errors) { queue.send('a', 0, queue) }
  assert_raises(*errors) { queue.send('a') }
  assert_fails(Gio::IOErrorEnum::InvalidArgument, '32767') { queue.send('a', -1) }
  assert_equal queue.curmsgs, 0
end

test 'a watch calls when a message waits' do
  queue = new_queue
  calls = []

  queue.add_watch(GLib::PRIORITY_DEFAULT, :in) do |ready, condition|
    assert ready == queue && condition == GLib::IOCondition::IN
    calls << received(queue.receive)
    calls.size < 2
  end
  queue.send('one', 1)
  wait_until { calls.size == 1 }
  queue.send('two', 2)
  wait_until { calls.size == 2 }
  assert_equal calls, [['one', 1], ['two', 2]]
end

test 'a subscription calls with each message' do
  queue = new_queue(msgsize: 256)
  calls = []

  queue.send('last', 0)
  queue.send(EVERY_BYTE, 9)
  queue.send('', 5)
  queue.add_receiver(GLib::PRIORITY_DEFAULT) do |ready, message, *length, priority|
    # Newer versions of the binding leave out the length, which the message has by itself.
    assert ready == queue && [[], [message.size]].include?(length)
    calls << [message.pack('C*'), priority]
    calls.size < 3
  end
  wait_until { calls.size == 3 }
  assert_equal calls, [[EVERY_BYTE, 9], ['', 5], ['last', 0]]
  queue.send('nobody takes this', 0)
  assert_equal queue.recv.pack('C*'), 'nobody takes this'
end

test 'a subscription keeps its queue and its block' do
  queue = new_queue
  sender = queue.reopen(:wronly)
  calls = 0

  queue.add_receiver(GLib::PRIORITY_DEFAULT) do
    GC.start
    calls += 1
    sender.send('again', 0) if calls < 100
    calls < 100
  end
  queue = nil
  GC.start
  sender.send('first', 0)
  wait_until { calls == 100 }
end

test 'closing ends a watch, and is notified' do
  queue = new_queue
  conditions = []
  notified = []

  queue.signal_connect('notify::closed') do |object, property|
    notified << [property.name, object.closed?]
  end
  queue.add_watch(GLib::PRIORITY_DEFAULT, :in) do |_, condition|
    conditions << condition
    true
  end
  assert queue.close
  wait_until { conditions.any? }
  assert_equal conditions[0], GLib::IOCondition::NVAL
  assert_equal notified, [['closed', true]]
end

test 'a message can be awaited' do
  queue = new_queue
  outcome = nil
  sent = nil

  queue.receive_async(GLib::PRIORITY_DEFAULT, nil) do |object, result|
    outcome = received(object.receive_finish(result))
  end
  queue.send_async("awaited\0", 6, GLib::PRIORITY_DEFAULT, nil) do |object, result|
    sent = object.send_finish(result)
  end
  wait_until { outcome && sent }
  assert_equal outcome, ["awaited\0", 6]
end

test 'waiting can be cancelled' do
  queue = new_queue
  cancellable = Gio::Cancellable.new
  finish = nil

  queue.receive_async(GLib::PRIORITY_DEFAULT, cancellable) do |object, result|
    finish = -> { object.receive_finish(result) }
  end
  cancellable.cancel
  wait_until { finish }
  assert_fails(Gio::IOErrorEnum::Cancelled, queue.name) { finish.call }
end

test 'a queue that was closed or unlinked is gone' do
  queue = new_queue
  name = queue.name

  assert queue.close
  assert queue.close
  assert queue.closed?
  assert_equal queue.fd, -1
  assert_fails(Gio::IOErrorEnum::Closed, name) { queue.send('a', 0) }
  assert_fails(Gio::IOErrorEnum::Closed, name) { queue.receive }

  queue = open_again(name, :rdwr)
  assert queue.unlink
  assert_fails(Gio::IOErrorEnum::NotFound, name) { Mood.unlink(name) }
  assert_fails(Gio::IOErrorEnum::NotFound, name) { open_again(name, :rdwr) }
end

Tap.run
