/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many messages a second are said to go in and come out, of times that are made up. */

#include "rates.h"

static gint64
at (double seconds)
{
  return (gint64) (seconds * G_USEC_PER_SEC);
}

static void
test_nothing (void)
{
  g_autoptr (Rates) rates = rates_new ();

  g_assert_cmpfloat (rates_get_in (rates, at (5)), ==, 0);
  g_assert_cmpfloat (rates_get_out (rates, at (5)), ==, 0);

  /* What was there is not what came. */
  rates_add (rates, at (5), 7);
  g_assert_cmpfloat (rates_get_in (rates, at (5)), ==, 0);
  g_assert_cmpfloat (rates_get_out (rates, at (5)), ==, 0);
}

static void
test_both_ways (void)
{
  g_autoptr (Rates) rates = rates_new ();

  rates_add (rates, at (10), 1);
  rates_add (rates, at (10.5), 5);
  rates_add (rates, at (11), 3);
  rates_add (rates, at (12), 5);
  g_assert_cmpfloat (rates_get_in (rates, at (12)), ==, 3);
  g_assert_cmpfloat (rates_get_out (rates, at (12)), ==, 1);
}

/* A single message at the start is not many a second. */
static void
test_first_second (void)
{
  g_autoptr (Rates) rates = rates_new ();

  rates_add (rates, at (10), 0);
  rates_add (rates, at (10.1), 2);
  g_assert_cmpfloat (rates_get_in (rates, at (10.1)), ==, 2);
  g_assert_cmpfloat (rates_get_in (rates, at (12)), ==, 1);
}

static void
test_what_is_over (void)
{
  g_autoptr (Rates) rates = rates_new ();

  rates_add (rates, at (10), 0);
  rates_add (rates, at (11), 6);
  rates_add (rates, at (13), 6);
  g_assert_cmpfloat (rates_get_in (rates, at (13)), ==, 2);
  /* From here on, what came until the second look is longer ago than three seconds. */
  rates_add (rates, at (14), 9);
  g_assert_cmpfloat (rates_get_in (rates, at (14)), ==, 1);
  g_assert_cmpfloat (rates_get_in (rates, at (20)), ==, 0);
}

/* Also where one looks more seldom than that. */
static void
test_seldom_looks (void)
{
  g_autoptr (Rates) rates = rates_new ();

  rates_add (rates, at (10), 8);
  rates_add (rates, at (20), 0);
  g_assert_cmpfloat (rates_get_out (rates, at (20)), ==, 0.8);
  g_assert_cmpfloat (rates_get_in (rates, at (20)), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rates/nothing", test_nothing);
  g_test_add_func ("/rates/both-ways", test_both_ways);
  g_test_add_func ("/rates/first-second", test_first_second);
  g_test_add_func ("/rates/what-is-over", test_what_is_over);
  g_test_add_func ("/rates/seldom-looks", test_seldom_looks);

  return g_test_run ();
}
