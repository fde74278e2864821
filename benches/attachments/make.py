#!/usr/bin/python3
"""Makes the mails that benches/attachments/run.sh measures: attachments of a size that matters, by real software.

usage: make.py FOLDER

Needs python3-docx, python3-openpyxl, python3-reportlab. The words are invented and always the same, so
two runs make mails of equal content.
"""

import base64
import io
import pathlib
import random
import sys
import zipfile

import docx
import openpyxl
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

WORDS = """kommunen vedtak søknad plan møte referat budsjett skole vei vann avløp barnehage tjeneste innbygger melding
åpning høring tiltak område rapport leverandør avtale frist vedlegg saksbehandler årlig økonomi drift prosjekt nämnd
ärende möte budget skola väg vatten avlopp förskola tjänst medborgare åtgärd område rapport leverantör avtal""".split()
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


class Text:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def sentence(self, words=12):
        chosen = [self.random.choice(WORDS) for _ in range(words)]
        # Numbers keep the text from packing to nothing.
        chosen.insert(words // 2, str(self.random.randrange(10**6)))
        return " ".join(chosen).capitalize() + "."

    def paragraph(self, sentences=6):
        return " ".join(self.sentence() for _ in range(sentences))


def document(size, seed=1):
    """A Word document of about `size` bytes."""
    text, paragraphs = Text(seed), max(1, size // 260)
    while True:
        made = docx.Document()
        for number in range(paragraphs):
            if number % 20 == 0:
                made.add_heading(text.sentence(4), 2)
            made.add_paragraph(text.paragraph())
        out = io.BytesIO()
        made.save(out)
        if out.tell() >= size:
            return out.getvalue()
        paragraphs = int(paragraphs * size / out.tell() * 1.02) + 1


def workbook(size, seed=2):
    """An Excel workbook of about `size` bytes: names, numbers, dates and words."""
    text, rows = Text(seed), max(1, size // 60)
    while True:
        made = openpyxl.Workbook()
        sheet = made.active
        sheet.append(["navn", "beløp", "sted", "merknad", "nummer", "konto"])
        for number in range(rows):
            sheet.append([
                text.random.choice(WORDS).capitalize(), text.random.randrange(10**5) / 100,
                text.random.choice(WORDS), text.sentence(5), number, str(text.random.randrange(10**10)),
            ])
        out = io.BytesIO()
        made.save(out)
        if out.tell() >= size:
            return out.getvalue()
        rows = int(rows * size / out.tell() * 1.02) + 1


def pages(count, seed=3):
    """A PDF of `count` pages of about 3,000 characters, one font embedded."""
    text, out = Text(seed), io.BytesIO()
    pdfmetrics.registerFont(TTFont("DejaVu", FONT))
    made = canvas.Canvas(out, pagesize=A4)
    for _ in range(count):
        lines = made.beginText(60, 790)
        lines.setFont("DejaVu", 9)
        for _ in range(38):
            lines.textLine(text.sentence(9)[:85])
        made.drawText(lines)
        made.showPage()
    made.save()
    return out.getvalue()


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files:
            made.writestr(name, content)
    return out.getvalue()


def mail(attachments):
    lines = ["From: post@kommune.example", "To: firma@firma.example", "Subject: Vedlegg", "MIME-Version: 1.0",
             'Content-Type: multipart/mixed; boundary="grense"', "", "--grense", "Content-Type: text/plain", "", "Se vedlegg.", ""]
    for name, content in attachments:
        lines += ["--grense", "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64",
                  f'Content-Disposition: attachment; filename="{name}"', ""]
        encoded = base64.b64encode(content).decode()
        lines += [encoded[at:at + 76] for at in range(0, len(encoded), 76)]
    lines += ["--grense--", ""]
    return "\r\n".join(lines).encode()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    million = 1_000_000
    word, sheet, report = document(million), workbook(million), pages(100)
    texts = "\n".join(Text(5).paragraph() for _ in range(8_000)).encode()
    mixed = [
        ("rapport.docx", document(4 * million, 6)), ("liste.xlsx", workbook(3 * million, 7)),
        ("plan.pdf", pages(300, 8)), ("logg.txt", texts),
        ("mappe.zip", archive([("a.docx", word), ("b.xlsx", sheet), ("c.pdf", report), ("d.txt", texts)])),
    ]
    size = sum(len(content) for _, content in mixed)
    mixed.append(("mer.txt", (texts * 20)[: max(0, 20 * million - size)]))
    for name, attachments in {
        "docx-1mb": [("a.docx", word)], "xlsx-1mb": [("a.xlsx", sheet)], "pdf-100-pages": [("a.pdf", report)],
        "mixed-20mb": mixed,
    }.items():
        path = folder / f"{name}.eml"
        path.write_bytes(mail(attachments))
        print(f"{path}: {path.stat().st_size} bytes, attachments {sum(len(c) for _, c in attachments)}")


if __name__ == "__main__":
    main()
