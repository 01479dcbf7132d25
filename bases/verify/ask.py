"""One HTTP request, for pods without curl: ask.py METHOD URL SECONDS BODY. Handed to `python3 -c` as text.

Prints the body, a line end, and the status; exits with curl's numbers where there is none. Any server is spoken to over
TLS: what is asked is whether it answers, and no credential is sent.
"""

import http.client
import signal
import socket
import ssl
import sys
import urllib.error
import urllib.request

method, url, seconds, body = sys.argv[1:]
signal.signal(signal.SIGALRM, lambda *_: sys.exit(28))
signal.alarm(int(seconds))
direct = urllib.request.ProxyHandler({})  # past the proxy that the agent is told to use
https = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
opener = urllib.request.build_opener(direct, https)
headers = {"Content-Type": "application/json", "Accept": "application/json"}
request = urllib.request.Request(url, body.encode() or None, headers, method=method)
try:
    try:
        reply = opener.open(request)
    except urllib.error.HTTPError as error:
        reply = error
    text = reply.read(1000000).decode(errors="replace")
except (OSError, http.client.HTTPException) as error:
    reason = getattr(error, "reason", error)
    sys.exit(6 if isinstance(reason, socket.gaierror) else 28 if isinstance(reason, TimeoutError) else 7)
sys.stdout.write(f"{text}\n{reply.status}\n")
