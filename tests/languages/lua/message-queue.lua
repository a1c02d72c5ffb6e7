-- SPDX-License-Identifier: LGPL-2.1-or-later

-- What a program in Lua does with a queue, through lgi. Argument: the path of plain-peer.

local folder = arg[0]:match('^(.*)/[^/]*$') or '.'
package.path = folder .. '/?.lua;' .. package.path

local lgi = require('lgi')
local tap = require('tap')

local Gio, GLib = lgi.Gio, lgi.GLib
local Mood = lgi.require('Mood', '1.0')
local MessageQueue = Mood.MessageQueue

local test, assert_equal = tap.test, tap.assert_equal

-- Far longer than any event takes, also on a busy machine.
local LIMIT_SECONDS = 30
local LIMIT_US = LIMIT_SECONDS * 1000000

local OWNER_ONLY = tonumber('600', 8)

local process = GLib.file_read_link('/proc/self')
local next_number = 0

-- The name of a queue that does not exist, and will not after the test.
local function new_name()
  local name = string.format('/mood-test-%s-%d', process, next_number)

  local function remove()
    local done, failure = Mood.unlink(name)
    assert(done or failure:matches(Gio.IOErrorEnum, 'NOT_FOUND'), failure)
  end

  next_number = next_number + 1
  -- A process of the same number that was killed may have left it.
  remove()
  tap.add_cleanup(remove)
  return name
end

-- A new queue, small, because all the queues of a user share one limit.
local function new_queue(maxmsg, msgsize, ...)
  local flags = { 'CREAT', 'EXCL', ... }

  if #flags == 2 then
    table.insert(flags, 'RDWR')
  end
  return assert(MessageQueue.new(new_name(), flags, OWNER_ONLY, maxmsg or 4, msgsize or 64))
end

-- A call that fails gives nil, false or -1, and a GError.
local function assert_fails(code, words, result, failure)
  assert(not result or result == -1, 'the call did not fail')
  assert(GLib.Error:is_type_of(failure), 'the failure is no GError: ' .. tostring(failure))
  assert(failure:matches(Gio.IOErrorEnum, code), 'not ' .. code .. ': ' .. failure.message)
  assert_equal(failure.domain, Gio.IOErrorEnum)
  assert_equal(failure.code, code)
  assert(failure.message:find(words, 1, true), failure.message)
end

-- Runs the main loop until the condition holds.
local function wait_until(condition)
  local expired = false
  local watchdog = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, LIMIT_SECONDS, function()
    expired = true
    return true
  end)

  while not condition() and not expired do
    GLib.MainContext.default():iteration(true)
  end
  GLib.source_remove(watchdog)
  assert(not expired, 'not seen within ' .. LIMIT_SECONDS .. ' s')
end

-- A program that knows nothing of this library, with what it is to do.
local function start_plain_peer(...)
  local peer = assert(Gio.Subprocess.new({ arg[1], ... }, { 'STDOUT_PIPE' }))

  tap.add_cleanup(function()
    peer:force_exit()
  end)
  return peer
end

local EVERY_BYTE = ''
for byte = 0, 255 do
  EVERY_BYTE = EVERY_BYTE .. string.char(byte)
end

test('a queue has the properties that it was made with', function()
  local name = new_name()
  local queue = assert(MessageQueue.new(name, { 'RDWR', 'CREAT', 'NONBLOCK' }, OWNER_ONLY, 3, 32))

  assert_equal(queue.name, name)
  assert_equal(queue.maxmsg, 3)
  assert_equal(queue.msgsize, 32)
  assert_equal(queue.mode % 512, OWNER_ONLY)
  assert_equal(queue.curmsgs, 0)
  assert_equal(queue.blocking, false)
  assert_equal(queue.closed, false)
  assert(queue.flags.CREAT and queue.flags.RDWR and not queue.flags.EXCL)
  assert(queue.fd >= 0)
  assert_equal(queue:fileno(), queue.fd)
end)

test('a message comes out as it went in', function()
  local queue = new_queue(2, 256)

  assert_equal(queue:send(EVERY_BYTE, 32767), 256)
  assert_equal({ queue:receive() }, { EVERY_BYTE, 32767 })
  assert_equal(queue:send('', 3), 0)
  assert_equal({ queue:receive() }, { '', 3 })
  queue:send({ 0, 255, 10 }, 0)
  assert_equal(queue:recv(), '\0\255\n')
end)

test('the highest priority comes first and then the oldest', function()
  local queue = new_queue()

  queue:send('low', 0)
  queue:send('old', 7)
  queue:send('new', 7)
  queue:send('top', 9)
  assert_equal({ queue:recv(), queue:recv(), queue:recv(), queue:recv() },
               { 'top', 'old', 'new', 'low' })
end)

test('what is too long for one message is sent as several', function()
  local queue = new_queue(4, 8)

  assert_equal(queue:sendall('0123456789', 5), 10)
  assert_equal({ queue:receive() }, { '01234567', 5 })
  assert_equal({ queue:receive() }, { '89', 5 })
end)

test('several messages go and come at once', function()
  local queue = new_queue()

  assert_equal(queue:send_many('a\255bcd', { 2, 0, 3 }, { 1, 9, 5 }, 0), 3)
  assert_equal({ queue:receive_many(8, 0) }, { 'bcda\255', { 0, 3, 2 }, { 9, 5, 1 } })
end)

test('a plain program has left messages', function()
  local name = new_name()

  assert(start_plain_peer('create', name):wait_check())
  local queue = assert(MessageQueue.new(name, { 'RDONLY' }, 0, -1, -1))
  assert_equal({ queue:receive() }, { 'highest', 32767 })
  assert_equal({ queue:receive() }, { '', 5 })
  assert_equal({ queue:receive() }, { 'low', 0 })
  assert_equal({ queue:receive() }, { 'low too', 0 })
end)

test('a plain program gets what was sent', function()
  local queue = new_queue()

  queue:send('one', 1)
  queue:send('', 32767)
  local peer = start_plain_peer('print', queue.name, '2')
  assert_equal(peer:communicate_utf8(), '32767 0 \n1 3 one\n')
  assert(peer:get_successful())
end)

test('a plain program answers', function()
  local questions, answers = new_queue(4, 256), new_queue(4, 256)
  local peer = start_plain_peer('echo', questions.name, answers.name)

  for _, message in ipairs({ EVERY_BYTE, 'a\0b', '\255' }) do
    questions:send(message, 12)
    assert_equal({ answers:receive_with_timeout(LIMIT_US) }, { message, 12 })
  end
  questions:send('', 0)
  assert_equal({ answers:receive_with_timeout(LIMIT_US) }, { '', 0 })
  assert(peer:wait_check())
end)

test('a call waits no longer than it may', function()
  local queue = new_queue(1)

  assert_fails('WOULD_BLOCK', queue.name, queue:receive_with_timeout(0))
  local begin = GLib.get_monotonic_time()
  assert_fails('TIMED_OUT', '20000 microseconds', queue:receive_with_timeout(20000))
  assert(GLib.get_monotonic_time() - begin >= 20000)
  assert_equal(queue:send_with_timeout('in time', 2, 0), 7)
  assert_fails('TIMED_OUT', 'full', queue:send_with_timeout('too late', 2, 1000))
  assert_equal({ queue:receive_with_timeout(0) }, { 'in time', 2 })
end)

test('in nonblocking mode no call waits', function()
  local queue = new_queue()

  assert_equal(queue.blocking, true)
  queue.blocking = false
  assert_equal(queue.blocking, false)
  assert_fails('WOULD_BLOCK', queue.name, queue:receive())
end)

test('an error has a code and says what would help', function()
  local name = new_name()
  local queue = new_queue(2, 64, 'RDONLY')
  local cancellable = Gio.Cancellable()

  assert_fails('NOT_FOUND', name, MessageQueue.new(name, { 'RDWR' }, 0, -1, -1))
  assert_fails('EXISTS', queue.name,
               MessageQueue.new(queue.name, { 'RDWR', 'CREAT', 'EXCL' }, OWNER_ONLY, 2, 64))
  assert_fails('INVALID_FILENAME', 'slash', MessageQueue.new('jobs', { 'RDWR' }, 0, -1, -1))
  assert_fails('INVALID_ARGUMENT', '32767', queue:send('a', 32768))
  assert_fails('PERMISSION_DENIED', 'WRONLY', queue:send('a', 0))
  cancellable:cancel()
  assert_fails('CANCELLED', queue.name, queue:recv(cancellable))
end)

test('what cannot be sent is an error, and nothing is sent', function()
  local queue = new_queue()

  for _, message in ipairs({ true, { 256 }, { -1 }, { 'a' }, queue }) do
    assert_equal(pcall(queue.send, queue, message, 0), false)
  end
  assert_equal(pcall(queue.send, queue, nil, 0), false)
  for _, priority in ipairs({ -1, 2 ^ 32, 'high', {} }) do
    assert_equal(pcall(queue.send, queue, 'a', priority), false)
  end
  assert_equal(pcall(queue.send, queue, 'a', 0, queue), false)
  assert_equal(pcall(queue.add_watch, queue, 0, 'IN', nil), false)
  assert_equal(pcall(queue.add_receiver, queue, 0, nil), false)
  assert_equal(pcall(MessageQueue.send, nil, 'a', 0), false)
  assert_equal(pcall(MessageQueue.send, Gio.Cancellable(), 'a', 0), false)
  assert_equal(queue.curmsgs, 0)
end)

test('a watch calls when a message waits', function()
  local queue = new_queue()
  local calls = {}

  queue:add_watch(GLib.PRIORITY_DEFAULT, 'IN', function(ready, condition)
    assert(ready == queue and condition.IN)
    table.insert(calls, { queue:receive() })
    return #calls < 2
  end)
  queue:send('one', 1)
  wait_until(function()
    return #calls == 1
  end)
  queue:send('two', 2)
  wait_until(function()
    return #calls == 2
  end)
  assert_equal(calls, { { 'one', 1 }, { 'two', 2 } })
end)

test('a subscription calls with each message', function()
  local queue = new_queue(4, 256)
  local calls = {}

  queue:send('last', 0)
  queue:send(EVERY_BYTE, 9)
  queue:send('', 5)
  queue:add_receiver(GLib.PRIORITY_DEFAULT, function(ready, message, priority)
    assert(ready == queue)
    table.insert(calls, { message, priority })
    return message ~= 'last'
  end)
  wait_until(function()
    return #calls == 3
  end)
  assert_equal(calls, { { EVERY_BYTE, 9 }, { '', 5 }, { 'last', 0 } })
  queue:send('nobody takes this', 0)
  assert_equal(queue:recv(), 'nobody takes this')
end)

test('a subscription keeps its queue and its function', function()
  local queue = new_queue()
  local sender = assert(queue:reopen({ 'WRONLY' }))
  local calls = 0

  queue:add_receiver(GLib.PRIORITY_DEFAULT, function()
    collectgarbage()
    calls = calls + 1
    if calls < 100 then
      sender:send('again', 0)
    end
    return calls < 100
  end)
  queue = nil
  collectgarbage()
  collectgarbage()
  sender:send('first', 0)
  wait_until(function()
    return calls == 100
  end)
end)

test('an error in a callback ends no process', function()
  local queue = new_queue()
  local calls = 0

  queue:send('a', 0)
  queue:add_receiver(GLib.PRIORITY_DEFAULT, function()
    calls = calls + 1
    error('this is a part of the test')
  end)
  wait_until(function()
    return calls == 1
  end)
  assert_equal(queue.curmsgs, 0)
end)

test('closing ends a watch, and is notified', function()
  local queue = new_queue()
  local conditions, notified = {}, {}

  queue.on_notify['closed'] = function(object, property)
    table.insert(notified, property.name .. ' ' .. tostring(object.closed))
  end
  queue:add_watch(GLib.PRIORITY_DEFAULT, 'IN', function(_, condition)
    table.insert(conditions, condition)
    return true
  end)
  assert_equal(queue:close(), true)
  wait_until(function()
    return #conditions > 0
  end)
  assert(conditions[1].NVAL)
  assert_equal(notified, { 'closed true' })
end)

test('a message can be awaited', function()
  local queue = new_queue()
  local outcome

  Gio.Async.start(function()
    outcome = { queue:async_receive() }
  end)()
  Gio.Async.start(function()
    assert(queue:async_send('awaited\0', 6))
  end)()
  wait_until(function()
    return outcome
  end)
  assert_equal(outcome, { 'awaited\0', 6 })
end)

test('waiting can be cancelled', function()
  local queue = new_queue()
  local cancellable = Gio.Cancellable()
  local outcome

  queue:receive_async(GLib.PRIORITY_DEFAULT, cancellable, function(_, result)
    outcome = { queue:receive_finish(result) }
  end)
  cancellable:cancel()
  wait_until(function()
    return outcome
  end)
  assert_fails('CANCELLED', queue.name, outcome[1], outcome[2])
end)

test('a queue that was closed or unlinked is gone', function()
  local queue = new_queue()
  local name = queue.name

  assert_equal(queue:close(), true)
  assert_equal(queue:close(), true)
  assert_equal(queue.closed, true)
  assert_equal(queue.fd, -1)
  assert_fails('CLOSED', name, queue:send('a', 0))
  assert_fails('CLOSED', name, queue:receive())

  queue = assert(MessageQueue.new(name, { 'RDWR' }, 0, -1, -1))
  assert_equal(queue:unlink(), true)
  assert_fails('NOT_FOUND', name, Mood.unlink(name))
  assert_fails('NOT_FOUND', name, MessageQueue.new(name, { 'RDWR' }, 0, -1, -1))
end)

tap.run()
