# SPDX-License-Identifier: LGPL-2.1-or-later

# Runs tests one after the other and reports them in TAP.
module Tap
  @tests = []
  @cleanups = []

  class << self
    def test(description, &body)
      @tests << [description, body]
    end

    # What is to be done after the test, whatever comes of it; the last first.
    def add_cleanup(&body)
      @cleanups.unshift(body)
    end

    def run
      failed = @tests.each.with_index(1).count do |(description, body), number|
        failures = failures_of(body)
        puts "#{failures.empty? ? 'ok' : 'not ok'} #{number} - #{description}"
        failures.each { |failure| puts failure.full_message(highlight: false).gsub(/^/, '# ') }
        # What was reported must be seen even if the next test takes the process down.
        $stdout.flush
        failures.any?
      end

      puts "1..#{@tests.size}"
      exit failed.zero? && @tests.any?
    end

    private

    def failures_of(body)
      @cleanups = []
      failures = [attempt(body)]
      failures += @cleanups.map { |cleanup| attempt(cleanup) }
      failures.compact
    end

    def attempt(body)
      body.call
      nil
    rescue StandardError, NotImplementedError => e
      e
    end
  end
end
