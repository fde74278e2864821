#!/usr/bin/python3
"""Sends a mail with attachments again and again, and watches the memory of the relay and of its processes.

usage: memory.py PORT PID MAIL [COUNT [AT A TIME]]

PORT is where the relay with the process id PID listens on 127.0.0.1. Prints the resident memory before, at its
highest and after, in MB, the relay by itself and with all its processes, and what the dots were answered.
"""

import collections
import pathlib
import smtplib
import sys
import threading
import time


def resident(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    found = [pid]
    for listing in children:
        for child in listing.read_text().split():
            found += family(int(child))
    return found


def main():
    port, pid, mail = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3]).read_bytes()
    count, at_a_time = (int(argument) for argument in (sys.argv[4:] + ["50", "4"][len(sys.argv) - 4:])[:2])
    answers, highest, done = collections.Counter(), [0.0, 0.0], threading.Event()
    left = list(range(count))

    def send():
        while True:
            try:
                left.pop()
            except IndexError:
                return
            with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
                try:
                    client.sendmail("post@kommune.example", ["firma@firma.example"], mail)
                    answers["250"] += 1
                except smtplib.SMTPResponseException as refused:
                    answers[f"{refused.smtp_code} {refused.smtp_error.decode()[:60]}"] += 1
                except smtplib.SMTPRecipientsRefused as refused:
                    answers[str(next(iter(refused.recipients.values())))[:60]] += 1

    def watch():
        while not done.wait(0.05):
            own = resident(pid)
            highest[0] = max(highest[0], own)
            highest[1] = max(highest[1], sum(resident(one) for one in family(pid)))

    before = resident(pid)
    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    senders = [threading.Thread(target=send) for _ in range(at_a_time)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    took = time.monotonic() - started
    done.set()
    watcher.join()
    print(f"{count} mails of {len(mail) / 1e6:.1f} MB, {at_a_time} at a time, {took:.1f} s: {dict(answers)}")
    print(f"relay: before {before:.0f} MB, highest {highest[0]:.0f} MB, after {resident(pid):.0f} MB")
    print(f"with its processes: highest {highest[1]:.0f} MB, after {sum(resident(one) for one in family(pid)):.0f} MB")


if __name__ == "__main__":
    main()
