-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Runs tests one after the other and reports them in TAP.

local tap = {}

local tests = {}
local cleanups = {}

function tap.test(description, func)
  table.insert(tests, { description = description, func = func })
end

-- What is to be done after the test, whatever comes of it; the last first.
function tap.add_cleanup(func)
  table.insert(cleanups, 1, func)
end

-- Any value, as text that is the same for what counts as equal.
local function show(value)
  if type(value) == 'string' then
    return string.format('%q', value)
  elseif type(value) ~= 'table' then
    return tostring(value)
  end

  local keys, parts = {}, {}
  for key in pairs(value) do
    table.insert(keys, key)
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for _, key in ipairs(keys) do
    table.insert(parts, tostring(key) .. ' = ' .. show(value[key]))
  end
  return '{ ' .. table.concat(parts, ', ') .. ' }'
end

local function is_equal(actual, expected)
  if type(actual) ~= 'table' or type(expected) ~= 'table' then
    return actual == expected
  end
  for key, value in pairs(actual) do
    if not is_equal(value, expected[key]) then
      return false
    end
  end
  for key in pairs(expected) do
    if actual[key] == nil then
      return false
    end
  end
  return true
end

function tap.assert_equal(actual, expected)
  if not is_equal(actual, expected) then
    error(show(actual) .. ' is not ' .. show(expected), 2)
  end
end

function tap.run()
  local failed = 0

  for number, test in ipairs(tests) do
    local failures = {}
    local function attempt(func)
      local done, failure = xpcall(func, debug.traceback)
      if not done then
        table.insert(failures, tostring(failure))
      end
    end

    cleanups = {}
    attempt(test.func)
    for _, cleanup in ipairs(cleanups) do
      attempt(cleanup)
    end

    if #failures > 0 then
      failed = failed + 1
    end
    print((#failures > 0 and 'not ok ' or 'ok ') .. number .. ' - ' .. test.description)
    for line in table.concat(failures, '\n'):gmatch('[^\n]+') do
      print('# ' .. line)
    end
    -- What was reported must be seen even if the next test takes the process down.
    io.stdout:flush()
  end

  print('1..' .. #tests)
  os.exit(failed == 0 and #tests > 0)
end

return tap
