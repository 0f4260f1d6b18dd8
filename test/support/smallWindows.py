"""
Sockets that take very little of what they are not asked to read: a maximum segment of 1400 bytes
and the smallest receive buffer. Over loopback, a socket of node's own swallows megabytes before
its peer notices that nobody reads, because the segments there are 64 KiB.

Commands are lines of JSON on stdin, answers are lines of JSON on stdout, one for each command:
  {"n": 1, "do": "connect", "socket": 1, "port": 3000}   -> {"n": 1}
  {"n": 2, "do": "send", "socket": 1, "text": "GET ..."} -> {"n": 2}
  {"n": 3, "do": "read", "socket": 1, "bytes": 100}      -> {"n": 3, "text": "..."}; '': the end
  {"n": 4, "do": "close", "socket": 1}                   -> {"n": 4}
A socket that failed has the member "error" in its answer. Texts are latin-1.
"""

import asyncio
import json
import socket
import sys

sockets = {}


async def obey(command):
    loop = asyncio.get_running_loop()
    verb, number = command["do"], command["socket"]
    if verb == "connect":
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sockets[number] = made
        await loop.sock_connect(made, ("127.0.0.1", command["port"]))
    elif verb == "send":
        await loop.sock_sendall(sockets[number], command["text"].encode("latin-1"))
    elif verb == "read" and number in sockets:
        # At most so many bytes: what is not asked for stays where it is.
        data = await loop.sock_recv(sockets[number], command["bytes"])
        return {"text": data.decode("latin-1")}
    elif verb == "close":
        if number in sockets:
            sockets.pop(number).close()
    return {}


async def answer(command):
    try:
        result = await obey(command)
    except OSError as error:
        result = {"error": str(error)}
    print(json.dumps({"n": command["n"], **result}), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = set()
    while line := await reader.readline():
        task = asyncio.create_task(answer(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # In the order of the commands, as far as their sockets let them.
        await asyncio.sleep(0)


asyncio.run(main())
