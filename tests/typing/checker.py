# SPDX-License-Identifier: LGPL-2.1-or-later

"""What mypy makes of the stub: of the stub itself, of programs that use it well, and of mistakes.

The program gets the paths of the directory gi-stubs of the source tree and of the examples as its
arguments.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

HERE = pathlib.Path(__file__).resolve().parent
STUBS = pathlib.Path(sys.argv[1])
EXAMPLES = sys.argv[2:]
USES = HERE / 'uses.py'

IGNORANT = """
[mypy]
[mypy-gi.*]
ignore_missing_imports = True
"""


def refused_lines(path):
    """The numbers of the lines that are mistakes."""
    lines = path.read_text(encoding='utf-8').splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith('# refused')}


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def check(self, sites, *arguments, config=''):
        """What mypy says, when the directories are those in which packages are installed."""
        config_path = self.folder / 'mypy.ini'
        config_path.write_text(config or '[mypy]\n', encoding='utf-8')
        environment = dict(os.environ, PYTHONPATH=':'.join(map(str, sites)))
        environment.pop('MYPYPATH', None)
        result = subprocess.run(
            [sys.executable, '-m', 'mypy', '--strict', '--no-error-summary',
             f'--config-file={config_path}', f'--cache-dir={self.folder / "cache"}',
             *map(str, arguments)],
            cwd=self.folder, env=environment, check=False, encoding='utf-8',
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertIn(result.returncode, (0, 1), result.stdout)
        return result.stdout

    def assert_refused(self, sites, path, config=''):
        """mypy must complain about the lines that say so, and about no other."""
        output = self.check(sites, path, config=config)
        # What is wrong with them is worded and sorted by each version of mypy as it likes.
        errors = re.findall(rf'{re.escape(path.name)}:(\d+): error: (.*)$', output, re.MULTILINE)
        expected = refused_lines(path)
        self.assertGreater(len(expected), 0)
        self.assertEqual(expected - {int(number) for number, _ in errors}, set(), 'not refused')
        self.assertEqual([error for error in errors if int(error[0]) not in expected], [])

    def install(self, name, *sources):
        """A directory in which the stubs of these sources are installed together."""
        site = self.folder / name
        for source in sources:
            shutil.copytree(source, site / 'gi-stubs', dirs_exist_ok=True)
            # The override is there as well, and PyGObject may be elsewhere.
            (site / 'gi/overrides/Mood').mkdir(parents=True, exist_ok=True)
        return site

    def test_stub_itself(self):
        site = self.install('site', HERE / 'gi-stubs')
        self.assertEqual(self.check([site], STUBS / 'repository/Mood.pyi'), '')

    def test_examples(self):
        site = self.install('site', HERE / 'gi-stubs', STUBS)
        self.assertEqual(self.check([site], '--scripts-are-modules', *EXAMPLES), '')

    def test_uses(self):
        site = self.install('site', HERE / 'gi-stubs', STUBS)
        self.assert_refused([site], USES)

    def test_other_directory_than_that_of_the_other_stubs(self):
        other, own = self.install('other', HERE / 'gi-stubs'), self.install('own', STUBS)
        for sites in (other, own), (own, other):
            with self.subTest(sites=sites):
                self.assert_refused(sites, USES)

    def test_without_the_other_stubs(self):
        """What is libmood's own is checked all the same."""
        site = self.install('site', STUBS)
        program = self.folder / 'program.py'
        program.write_text(
            'from gi.repository import Mood\n'
            'queue = Mood.MessageQueue("/jobs", Mood.OpenFlags.RDWR | Mood.OpenFlags.CREAT)\n'
            'queue.send("text")  # refused\n'
            'queue.receive()[0].encode()  # refused\n'
            'queue.receive(timeout="1")  # refused\n'
            'queue.connect("notify::closed", print)\n'
            'queue.create_receiver_source().attach()\n', encoding='utf-8')
        self.assert_refused([site], program, config=IGNORANT)


tap.main()
