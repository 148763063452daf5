# SPDX-License-Identifier: Apache-2.0
"""ryu-manager on an eventlet that runs on today's Python.

Ryu 4.34 imports eventlet.wsgi.ALREADY_HANDLED, which eventlet 0.30.3 removed; eventlet before 0.33
does not run on Python 3.10 and later. Ryu uses the name to end the response of a websocket. A
list that nobody else returns stands in for it.
"""
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
import eventlet.wsgi  # noqa: E402

if not hasattr(eventlet.wsgi, "ALREADY_HANDLED"):
    eventlet.wsgi.ALREADY_HANDLED = []

from ryu.cmd.manager import main  # noqa: E402  (needs the stand-in)

main()
