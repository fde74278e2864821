#!/usr/bin/python3
"""Makes the texts that benches/detection measures: mixed Nordic text of several sizes, and bad input.

usage: make.py FOLDER

The sentences are those of the corpus (tests/corpus, all languages, mail of both classes), in ever new order and with
ever new names, so that no paragraph comes twice. The seed is fixed: two runs make equal texts.
"""

import email
import email.policy
import json
import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
# Where a line of prose is broken, for every second mail; the others leave it to their reader.
WRAPPED_AT = 76


def sentences(path):
    """The sentences of a mail's text, in order."""
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    try:
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
    except (LookupError, ValueError):
        return []
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [sentence for part in parts for sentence in re.split(r"(?<=[.!?]) +(?=[A-ZÅÄÆÖØ])", part) if sentence]


def names(name):
    lines = (HERE / "patterns/names" / name).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


class Writer:
    """Mails of one language each, one after the other."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.given = names("given_no.txt") + names("given_se.txt")
        self.surnames = names("surnames.txt")
        self.known = {name: list for list in (self.given, self.surnames) for name in list}
        # A mail stays in one language.
        self.languages = {}
        for labels in sorted((HERE / "tests/corpus").rglob("labels.jsonl")):
            for label in map(json.loads, labels.read_text().splitlines()):
                found = self.languages.setdefault(label["lang"], [])
                found += sentences(labels.parent / label["file"])

    def renamed(self, sentence):
        def other(match):
            listed = self.known.get(match[0])
            return self.random.choice(listed) if listed and match.start() else match[0]

        return re.sub(r"[A-ZÅÄÆÖØ][a-zåäæöøéü]+", other, sentence)

    def paragraph(self, language):
        count = self.random.choice((1, 1, 2, 3, 4, 6))
        return " ".join(self.renamed(self.random.choice(self.languages[language])) for _ in range(count))

    def mail(self):
        language = self.random.choice(sorted(self.languages))
        text = [self.paragraph(language) for _ in range(self.random.randrange(2, 7))]
        if self.random.random() < 0.5:
            text = [wrapped(paragraph) for paragraph in text]
        return "\n\n".join(text) + "\n\n"

    def text(self, size):
        made, length = [], 0
        while length < size:
            made.append(self.mail())
            length += len(made[-1].encode())
        return "".join(made).encode()[:size].decode(errors="ignore")

    def sheet(self, size):
        """Rows of names, numbers, dates, telephones and amounts, as a case system exports them."""
        made, length = ["Namn\tPersonnummer\tTelefon\tDatum\tBelopp\tKonto\tAnmärkning\n"], 0
        draw = self.random.randrange
        while length < size:
            name = f"{self.random.choice(self.given)} {self.random.choice(self.surnames)}"
            date = f"{draw(1, 29):02}.{draw(1, 13):02}.{draw(1940, 2025)}"
            note = self.paragraph(self.random.choice(sorted(self.languages)))[:60]
            telephone = f"07{draw(10)}-{draw(10**7):07}"
            account = f"{draw(10**4):04}.{draw(100):02}.{draw(10**5):05}"
            made.append(f"{name}\t{swedish(self.random)}\t{telephone}\t{date}\t{draw(10**6) / 100:.2f}\t{account}\t{note}\n")
            length += len(made[-1].encode())
        return "".join(made)


def wrapped(paragraph):
    lines, line = [], ""
    for word in paragraph.split(" "):
        if line and len(line) + len(word) >= WRAPPED_AT:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def swedish(draw):
    """A personnummer with a serial of the range kept free for tests."""
    nine = f"{draw.randrange(40, 100):02}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}{draw.randrange(980, 1000)}"
    doubled = (int(digit) * (2 - at % 2) for at, digit in enumerate(nine))
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    return f"{nine[:6]}-{nine[6:]}{check}"


def norwegian(draw):
    """A fødselsnummer with 80 added to its month, which nobody has."""
    while True:
        nine = f"{draw.randrange(1, 29):02}{draw.randrange(81, 93):02}{draw.randrange(40, 100):02}{draw.randrange(500):03}"
        digits = list(map(int, nine))
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
            digits.append(-sum(map(int.__mul__, digits, weights)) % 11)
        if 10 not in digits:
            return "".join(map(str, digits))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    mixed = Writer(1).text(50 * MEGABYTE).encode()

    def head(megabytes):
        return mixed[: megabytes * MEGABYTE].decode(errors="ignore")

    draw = random.Random(2)
    texts = {f"mixed-{size:02}mb": head(size) for size in (1, 5, 20, 50)}
    texts["sheet-05mb"] = Writer(3).sheet(5 * MEGABYTE)
    texts["one-line-20mb"] = head(20).replace("\n", " ")
    texts["zeros-50mb"] = "0" * (50 * MEGABYTE)
    texts["million-numbers"] = "".join(
        f"{norwegian(draw) if number % 2 else swedish(draw)}\n" for number in range(1_000_000)
    )
    for name, text in texts.items():
        path = folder / f"{name}.txt"
        path.write_text(text)
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
