# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the unittest cases of the program that calls main() and reports them in TAP."""

import sys
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.reported = 0

    def report(self, outcome, test, directive='', diagnostics=''):
        self.reported += 1
        # A number sign would begin a directive.
        description = test.id().replace('__main__.', '').replace('#', ' ')
        print(outcome, self.reported, '-', description + directive)
        for line in diagnostics.splitlines():
            print('#', line)
        # What was reported must be seen even if the next test takes the process down.
        sys.stdout.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.report('ok', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.report('ok', test, f' # SKIP {reason}')

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.report('not ok', test, diagnostics=self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.report('not ok', test, diagnostics=self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        # The test as a whole reports success; a part of it is worth a line only when it fails.
        if err is None:
            super().addSubTest(test, subtest, err)
        elif issubclass(err[0], test.failureException):
            self.addFailure(subtest, err)
        else:
            self.addError(subtest, err)


def main():
    result = TapResult()
    unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__']).run(result)
    print(f'1..{result.reported}')
    sys.exit(0 if result.reported and result.wasSuccessful() else 1)
