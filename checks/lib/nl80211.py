# SPDX-License-Identifier: GPL-2.0-only
"""As much of nl80211 as scans and power save take, without a process for each."""

import os
import select
import socket
import struct
import time

# linux/netlink.h, linux/genetlink.h
NETLINK_GENERIC, SOL_NETLINK, ADD_MEMBERSHIP = 16, 270, 1
ERROR, DONE = 2, 3
REQUEST, ACK, DUMP = 1, 4, 0x300
CONTROLLER, GET_FAMILY = 16, 3
FAMILY_ID, FAMILY_NAME, MCAST_GROUPS = 1, 2, 7
GROUP_NAME, GROUP_ID = 1, 2
# linux/nl80211.h
GET_SCAN, TRIGGER_SCAN, NEW_SCAN_RESULTS, SCAN_ABORTED = 32, 33, 34, 35
SET_POWER_SAVE, GET_POWER_SAVE = 61, 62
IFINDEX, SCAN_FREQUENCIES, SCAN_SSIDS, BSS, PS_STATE = 3, 44, 45, 47, 93
BSSID, SEEN_MS_AGO = 1, 10

HEADER = struct.Struct("=IHHII")
GENERIC = struct.Struct("=BBH")
ATTRIBUTE = struct.Struct("=HH")
NESTED = 0x8000


def attribute(kind, value):
    if isinstance(value, int):
        value = struct.pack("=I", value)
    return ATTRIBUTE.pack(4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def nested(kind, values):
    return attribute(kind | NESTED, b"".join(attribute(n, value) for n, value in enumerate(values, 1)))


def attributes(data):
    """Kind to value of what is in a message or another attribute."""
    found = {}
    while len(data) >= 4:
        length, kind = ATTRIBUTE.unpack_from(data)
        if not 4 <= length <= len(data):
            raise ValueError("an attribute is longer than what it is in")
        found[kind & 0x3FFF] = data[4:length]
        data = data[length + 3 & ~3:]
    return found


def messages(data):
    """Type and body of each netlink message."""
    while len(data) >= HEADER.size:
        length, kind = HEADER.unpack_from(data)[:2]
        if not HEADER.size <= length <= len(data):
            raise ValueError("a message is longer than what was received")
        yield kind, data[HEADER.size:length]
        data = data[length + 3 & ~3:]


def number(data):
    return struct.unpack("=I", data)[0]


class Station:
    """An interface, by its name."""

    def __init__(self, name):
        self.index = socket.if_nametoindex(name)
        self.requests, self.events = self.open(), self.open()
        self.sequence = 0
        answer = attributes(self.ask(CONTROLLER, GET_FAMILY, attribute(FAMILY_NAME, b"nl80211\0"))[0])
        self.family = struct.unpack("=H", answer[FAMILY_ID])[0]
        for group in attributes(answer[MCAST_GROUPS]).values():
            group = attributes(group)
            if group[GROUP_NAME] == b"scan\0":
                self.events.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, number(group[GROUP_ID]))

    @staticmethod
    def open():
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        link.bind((0, 0))
        link.settimeout(10)
        return link

    def ask(self, family, command, body=b"", flags=ACK):
        """The attributes of each answer, until the kernel says it was the last."""
        self.sequence += 1
        length = HEADER.size + GENERIC.size + len(body)
        self.requests.send(HEADER.pack(length, family, REQUEST | flags, self.sequence, 0) + GENERIC.pack(command, 1, 0) + body)
        answers = []
        while True:
            for kind, data in messages(self.requests.recv(1 << 17)):
                if kind == ERROR and (code := -struct.unpack_from("=i", data)[0]):
                    raise OSError(code, os.strerror(code))
                if kind in (ERROR, DONE):
                    return answers
                answers.append(data[GENERIC.size:])

    def do(self, command, body=b"", flags=ACK):
        return self.ask(self.family, command, attribute(IFINDEX, self.index) + body, flags)

    def scan(self, frequencies, limit=60):
        """Scans these frequencies in MHz, or all, and waits until that is done. An OSError says why it
        was refused, was aborted (ECANCELED), or took too long (ETIMEDOUT)."""
        body = nested(SCAN_SSIDS, [b""])
        if frequencies:
            body += nested(SCAN_FREQUENCIES, frequencies)
        while select.select([self.events], [], [], 0)[0]:
            self.events.recv(1 << 17)
        self.do(TRIGGER_SCAN, body)
        until = time.monotonic() + limit
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.events], [], [], left)[0]:
                break
            for _, data in messages(self.events.recv(1 << 17)):
                if number(attributes(data[GENERIC.size:]).get(IFINDEX, b"\0" * 4)) != self.index:
                    continue
                if data[0] == NEW_SCAN_RESULTS:
                    return
                if data[0] == SCAN_ABORTED:
                    raise OSError(125, os.strerror(125))
        raise OSError(110, os.strerror(110))

    def networks(self):
        """Address to milliseconds since it was heard."""
        found = {}
        for answer in self.do(GET_SCAN, flags=DUMP):
            bss = attributes(attributes(answer)[BSS])
            found[bss[BSSID].hex(":")] = number(bss[SEEN_MS_AGO])
        return found

    def power_save(self, on):
        self.do(SET_POWER_SAVE, attribute(PS_STATE, int(on)))
        state = number(attributes(self.do(GET_POWER_SAVE)[0])[PS_STATE])
        if state != int(on):
            raise ValueError(f"power save is {state} and not {int(on)}")
