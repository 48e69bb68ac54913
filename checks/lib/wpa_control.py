# SPDX-License-Identifier: GPL-2.0-only
"""The control sockets of wpa_supplicant, without a process for each command."""

import socket
import time

CONNECTED, DISCONNECTED = "CTRL-EVENT-CONNECTED", "CTRL-EVENT-DISCONNECTED"


class Supplicant:
    """By the path of its socket. Counts the events of which a part is in `watched`."""

    def __init__(self, path, watched=()):
        self.commands, self.events = self.open(path), self.open(path)
        self.counts = dict.fromkeys(watched, 0)
        self.ask(self.events, "ATTACH")

    @staticmethod
    def open(path):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # An abstract address, for the answers.
        link.bind("")
        link.connect(path)
        link.settimeout(10)
        return link

    @staticmethod
    def ask(link, command):
        link.send(command.encode())
        answer = link.recv(65536).decode(errors="replace").strip()
        if answer in ("FAIL", "UNKNOWN COMMAND"):
            raise OSError(5, f"wpa_supplicant does not {command}: {answer}")
        return answer

    def do(self, command):
        return self.ask(self.commands, command)

    def next_event(self, until):
        """What it says next, or nothing when it is too late."""
        left = until - time.monotonic()
        self.events.settimeout(max(0.001, left))
        try:
            event = self.events.recv(65536).decode(errors="replace")
        except socket.timeout:
            return ""
        for text in self.counts:
            self.counts[text] += text in event
        return event

    def listen(self, seconds):
        """Counts for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.next_event(until)

    def await_event(self, text, limit, also=""):
        """Waits for an event with both texts in it."""
        until = time.monotonic() + limit
        while event := self.next_event(until):
            if text in event and also in event:
                return
        raise OSError(110, f"no {text} {also}".rstrip() + f" in {limit} s")
