#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mood chown."""

import grp
import os
import pwd

import tool

# Of a user and a group that have no name, as far as one can tell.
NUMBER = 54321


class Chown(tool.ToolTest):
    def owner_of(self, queue):
        status = os.fstat(queue.descriptor)
        return status.st_uid, status.st_gid

    def new_queue_to_give(self):
        """A queue, if the process may give one to anybody."""
        queue = self.new_queue()
        own = self.owner_of(queue)
        try:
            os.fchown(queue.descriptor, NUMBER, NUMBER)
        except OSError as error:
            self.skipTest(f"a queue cannot be given to anybody: {error}")
        os.fchown(queue.descriptor, *own)
        return queue, own

    def a_user(self):
        """One with a login group of another number, if there is one."""
        users = [user for user in pwd.getpwall() if user.pw_uid != os.getuid()]
        return max(users, key=lambda user: user.pw_gid != user.pw_uid)

    def test_numbers(self):
        queue, _ = self.new_queue_to_give()
        self.run_tool("chown", f"{NUMBER}:{NUMBER + 1}", queue.name)
        self.assertEqual(self.owner_of(queue), (NUMBER, NUMBER + 1))

    def test_names(self):
        queue, _ = self.new_queue_to_give()
        user = self.a_user()
        group = next(group for group in grp.getgrall() if group.gr_gid not in (0, user.pw_gid))
        self.run_tool("chown", f"{user.pw_name}:{group.gr_name}", queue.name)
        self.assertEqual(self.owner_of(queue), (user.pw_uid, group.gr_gid))

    def test_owner_alone(self):
        queue, (_, gid) = self.new_queue_to_give()
        user = self.a_user()
        self.run_tool("chown", user.pw_name, queue.name)
        self.assertEqual(self.owner_of(queue), (user.pw_uid, gid))

    def test_owner_with_login_group(self):
        queue, _ = self.new_queue_to_give()
        user = self.a_user()
        self.run_tool("chown", f"{user.pw_name}:", queue.name)
        self.assertEqual(self.owner_of(queue), (user.pw_uid, user.pw_gid))

    def test_group_alone(self):
        queue, (uid, _) = self.new_queue_to_give()
        self.run_tool("chown", f":{NUMBER}", queue.name)
        self.assertEqual(self.owner_of(queue), (uid, NUMBER))

    def test_to_oneself(self):
        """This anybody may."""
        queue = self.new_queue()
        own = self.owner_of(queue)
        self.run_tool("chown", f"{own[0]}:{own[1]}", queue.name[1:])
        self.assertEqual(self.owner_of(queue), own)

    def test_not_permitted(self):
        queue, other = self.new_queue(), self.new_queue()
        own = self.owner_of(queue)
        error = self.run_tool(
            "chown", str(NUMBER), queue.name, other.name, status=1,
            preexec_fn=self.without_privilege()).error
        self.assertIn(queue.name, error)
        self.assertIn(other.name, error)
        self.assertEqual(self.owner_of(queue), own)

    def test_one_failure_does_not_stop_the_others(self):
        missing = self.new_name()
        queue, _ = self.new_queue_to_give()
        error = self.run_tool("chown", str(NUMBER), missing, queue.name, status=4).error
        self.assertIn(missing, error)
        self.assertEqual(self.owner_of(queue)[0], NUMBER)

    def test_bad_owners(self):
        queue = self.new_queue()
        own = self.owner_of(queue)
        for owner, text in (
                ("no such user", "There is no user “no such user”"),
                (":no such group", "There is no group “no such group”"),
                (f"{own[0]}:no such group", "There is no group “no such group”"),
                ("-1:0", "There is no user “-1”"), ("4294967295", "There is no user"),
                (":4294967295", "There is no group"), ("0x1", "There is no user"),
                (f"{NUMBER}:", "no login group"), ("", "An owner is needed"),
                (":", "An owner is needed")):
            self.assertIn(text, self.run_tool("chown", "--", owner, queue.name, status=2).error)
        self.assertEqual(self.owner_of(queue), own)

    def test_usage(self):
        self.assertIn("2 arguments are needed", self.run_tool("chown", "0", status=2).error)


if __name__ == "__main__":
    tool.main()
