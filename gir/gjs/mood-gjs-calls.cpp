/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The calls that carry messages, as functions of SpiderMonkey, the engine of GJS, which speaks C++
 * alone. They do what mostly is to be done, and give undefined for all else: for what they cannot
 * send, for a queue that is gone, for each error. Then the override makes the same call by way of
 * introspection, which does it, or gives the error that it always gives. A call that failed here
 * has taken no message and sent none. */

#include "mood-gjs.h"
#include "mood-gjs-queues.h"

#include <gjs/gjs.h>
#include <js/CallArgs.h>
#include <js/Object.h>
#include <js/PropertyAndElement.h>
#include <js/PropertySpec.h>
#include <js/RootingAPI.h>
#include <js/experimental/TypedData.h>
#include <jsapi.h>

#include <string.h>

/* The message between receive() and take(). */
static thread_local struct
{
  guint8 *message; /* NULL for none */
  gsize length;
  guint priority;
} received;

/* The queue that the first argument of each call names. */
static MoodMessageQueue *
get_queue (const JS::CallArgs &arguments)
{
  if (!arguments.get (0).isInt32 ())
    return NULL;

  return mood_gjs_find_queue ((guint) arguments.get (0).toInt32 ());
}

/* send (number, message, priority): how many bytes were sent. */
static bool
call_send (JSContext *, unsigned n_arguments, JS::Value *values)
{
  JS::CallArgs arguments = JS::CallArgsFromVp (n_arguments, values);
  MoodMessageQueue *queue = get_queue (arguments);
  size_t length;
  bool is_shared;
  uint8_t *message;
  gssize sent;

  arguments.rval ().setUndefined ();
  /* A negative priority is above the highest one, and refused for it. */
  if (queue == NULL || !arguments.get (1).isObject () || !arguments.get (2).isInt32 () ||
      JS_GetObjectAsUint8Array (&arguments.get (1).toObject (), &length, &is_shared, &message) == NULL)
    return true;

  sent =
      mood_message_queue_send (queue, message, length, (guint) arguments.get (2).toInt32 (), NULL, NULL);
  if (sent != -1)
    arguments.rval ().setNumber ((double) sent);

  return true;
}

/* receive (number): how many bytes the message has that was received, for take(). SpiderMonkey's
 * compiler makes an array in half the time that its functions for C++ take. */
static bool
call_receive (JSContext *, unsigned n_arguments, JS::Value *values)
{
  JS::CallArgs arguments = JS::CallArgsFromVp (n_arguments, values);
  MoodMessageQueue *queue = get_queue (arguments);

  arguments.rval ().setUndefined ();
  /* One that was not taken, for want of memory. */
  g_clear_pointer (&received.message, g_free);
  if (queue != NULL)
    received.message =
        mood_message_queue_receive (queue, &received.priority, &received.length, NULL, NULL);
  if (received.message != NULL)
    arguments.rval ().setNumber ((double) received.length);

  return true;
}

/* take (array): the priority of the message that was received, which fills the array. */
static bool
call_take (JSContext *, unsigned n_arguments, JS::Value *values)
{
  JS::CallArgs arguments = JS::CallArgsFromVp (n_arguments, values);
  size_t length;
  bool is_shared;
  uint8_t *bytes;

  arguments.rval ().setUndefined ();
  if (received.message == NULL || !arguments.get (0).isObject () ||
      JS_GetObjectAsUint8Array (&arguments.get (0).toObject (), &length, &is_shared, &bytes) == NULL ||
      length != received.length)
    return true;

  if (length > 0)
    memcpy (bytes, received.message, length);
  g_clear_pointer (&received.message, g_free);
  arguments.rval ().setNumber (received.priority);

  return true;
}

static const JSFunctionSpec calls[] = {
  JS_FN ("send", call_send, 3, 0),
  JS_FN ("receive", call_receive, 1, 0),
  JS_FN ("take", call_take, 1, 0),
  JS_FS_END,
};

/* Each version of SpiderMonkey is another library, of which this one was built for one. */
static bool
is_right_engine (GError **error)
{
  g_autofree char *version = g_strdup_printf ("JavaScript-C%d.", MOZJS_MAJOR_VERSION);

  if (g_str_has_prefix (JS_GetImplementationVersion (), version))
    return true;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               "libmood was built for version %d of SpiderMonkey, and this is %s; build it anew",
               MOZJS_MAJOR_VERSION, JS_GetImplementationVersion ());
  return false;
}

/**
 * mood_gjs_define_calls:
 * @error: return location for an error
 *
 * Makes the global object `moodCalls`, whose functions are the calls. It is for the override to
 * take, and to delete: introspection has no way to return a function.
 *
 * Errors:
 *
 * - %G_IO_ERROR_NOT_SUPPORTED if it is not GJS that calls, or if that has another version of
 *   SpiderMonkey than libmood was built for;
 * - %G_IO_ERROR_FAILED if they could not be made.
 *
 * Returns: %TRUE if they are there, %FALSE with @error set
 *
 * Since: 1.0
 */
gboolean
mood_gjs_define_calls (GError **error)
{
  GjsContext *gjs = gjs_context_get_current ();

  if (gjs == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it is for GJS alone");
      return FALSE;
    }

  if (!is_right_engine (error))
    return FALSE;

  JSContext *context = static_cast<JSContext *> (gjs_context_get_native_context (gjs));
  JS::RootedObject global (context, JS::CurrentGlobalOrNull (context));
  JS::RootedObject object (context, JS_DefineObject (context, global, "moodCalls"));

  if (object && JS_DefineFunctions (context, object, calls))
    return TRUE;

  JS_ClearPendingException (context);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "its functions could not be made");
  return FALSE;
}
