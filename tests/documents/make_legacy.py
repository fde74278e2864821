#!/usr/bin/python3
"""Makes the fixtures of older office formats, of Outlook items, RTF and TNEF in this folder. Run by hand when one
is added; the tests only read the results.

Made with LibreOffice 7.4 (headless) of Debian 12, `msoffcrypto-tool` 6.1 and `compressed_rtf` 1.0 (pip). No free
software writes Outlook items and TNEF, so those are written here by their specifications (MS-CFB, MS-OXMSG,
MS-OXTNEF) and were read back with `extract-msg` 0.57 and `tnefparse` 1.4. Every place of a document that holds
text holds one synthetic identity number, 01819012365, once.
"""

import base64
import struct

import compressed_rtf
import olefile
from msoffcrypto.format.ooxml import OOXMLFile

from fixture import HERE, NAMESPACES, NUMBER, PLAIN, converted, locked, pixel

WRITER = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:meta>
  <dc:title>Vedtak æøåäö {NUMBER}</dc:title>
  <meta:user-defined meta:name="Saksnummer" meta:value-type="string">{NUMBER}</meta:user-defined>
</office:meta>
<office:automatic-styles>
  <style:style style:name="red" style:family="text"><style:text-properties fo:color="#ff0000"/></style:style>
  <style:style style:name="blue" style:family="text"><style:text-properties fo:color="#0000ff"/></style:style>
  <style:style style:name="hidden" style:family="text"><style:text-properties text:display="none"/></style:style>
  <style:style style:name="frame" style:family="graphic"/>
  <style:page-layout style:name="page"><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles>
  <style:master-page style:name="Standard" style:page-layout-name="page">
    <style:header><text:p>Topptekst {NUMBER}</text:p></style:header>
    <style:footer><text:p>Bunntekst {NUMBER}</text:p></style:footer>
  </style:master-page>
</office:master-styles>
<office:body><office:text>
  <text:tracked-changes>
    <text:changed-region text:id="c1"><text:deletion>
      <office:change-info><dc:creator>Kari Prøve</dc:creator><dc:date>2026-01-01T00:00:00</dc:date></office:change-info>
      <text:p>012365</text:p>
    </text:deletion></text:changed-region>
    <text:changed-region text:id="c2"><text:insertion>
      <office:change-info><dc:creator>Kari Prøve</dc:creator><dc:date>2026-01-01T00:00:00</dc:date></office:change-info>
    </text:insertion></text:changed-region>
  </text:tracked-changes>
  <text:p>Fødselsnummer æøåäö, delt over løp: <text:span text:style-name="red">01819</text:span><text:span
    text:style-name="blue">012365</text:span> i teksten.</text:p>
  <text:p>Strøket: 01819<text:change text:change-id="c1"/><text:change-start
    text:change-id="c2"/>9<text:change-end text:change-id="c2"/> her.</text:p>
  <text:p>Skjult: <text:span text:style-name="hidden">{NUMBER}</text:span>.</text:p>
  <text:p>Med fotnote<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>
    <text:p>Fotnote {NUMBER}</text:p></text:note-body></text:note>, sluttnote<text:note
    text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body>
    <text:p>Sluttnote {NUMBER}</text:p></text:note-body></text:note> og merknad<office:annotation>
    <dc:creator>Kari Prøve</dc:creator><dc:date>2026-01-01T00:00:00</dc:date>
    <text:p>Merknad {NUMBER}</text:p></office:annotation>.</text:p>
  <text:p>En <text:a xlink:type="simple" xlink:href="mailto:post@prove.example?subject=Fnr%20{NUMBER}">lenke</text:a>.</text:p>
  <text:p>Boks: <draw:frame text:anchor-type="paragraph" svg:width="5cm" svg:height="2cm" draw:style-name="frame">
    <draw:text-box><text:p>Tekstboks {NUMBER}</text:p></draw:text-box></draw:frame></text:p>
  <text:p>Bilde: <draw:frame text:anchor-type="as-char" svg:width="1cm" svg:height="1cm">
    <draw:image><office:binary-data>PNG</office:binary-data></draw:image>
    <svg:desc>Alternativ {NUMBER}</svg:desc></draw:frame></text:p>
  <table:table><table:table-column table:number-columns-repeated="2"/>
    <table:table-row>
      <table:table-cell><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>{NUMBER}</text:p></table:table-cell>
    </table:table-row>
    <table:table-row>
      <table:table-cell><text:p>Åse Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>ukjent</text:p></table:table-cell>
    </table:table-row></table:table>
  <text:p>Slutt.</text:p>
</office:text></office:body></office:document>
"""


def cell(text, more=""):
    return f'<table:table-cell office:value-type="string">{more}<text:p>{text}</text:p></table:table-cell>'


def note(text):
    return f"<office:annotation><dc:creator>Kari Prøve</dc:creator><text:p>{text}</text:p></office:annotation>"


def number(value, style):
    return f'<table:table-cell table:style-name="{style}" office:value-type="float" office:value="{value}"/>'


CALC = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:meta><dc:title>Liste æøåäö {NUMBER}</dc:title></office:meta>
<office:automatic-styles>
  <number:number-style style:name="n11"><number:number number:decimal-places="0"
    number:min-integer-digits="11"/></number:number-style>
  <number:date-style style:name="d"><number:day number:style="long"/><number:text>.</number:text><number:month
    number:style="long"/><number:text>.</number:text><number:year number:style="long"/></number:date-style>
  <style:style style:name="eleven" style:family="table-cell" style:data-style-name="n11"/>
  <style:style style:name="day" style:family="table-cell" style:data-style-name="d"/>
  <style:style style:name="gone" style:family="table"><style:table-properties table:display="false"/></style:style>
  <style:page-layout style:name="page"><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles>
  <style:master-page style:name="Default" style:page-layout-name="page">
    <style:header><text:p>Topptekst {NUMBER}</text:p></style:header>
    <style:footer><text:p>Bunntekst {NUMBER}</text:p></style:footer>
  </style:master-page>
</office:master-styles>
<office:body><office:spreadsheet>
  <table:table table:name="Barn å">
    <table:shapes><draw:frame svg:width="5cm" svg:height="2cm" svg:x="6cm" svg:y="6cm">
      <draw:text-box><text:p>Tekstboks {NUMBER}</text:p></draw:text-box></draw:frame></table:shapes>
    <table:table-row>{cell("navn")}{cell("fnr")}{cell("født")}</table:table-row>
    <table:table-row>{cell("Ola Prøve æøåäö")}{number(1819012365, "eleven")}<table:table-cell
      table:style-name="day" office:value-type="date" office:date-value="1990-01-18"/></table:table-row>
    <table:table-row>{cell("Åse Prøve", note(f"Merknad {NUMBER}"))}{cell(NUMBER)}</table:table-row>
    <table:table-row>{cell("uten format")}<table:table-cell office:value-type="float"
      office:value="1819012365"/></table:table-row>
    <table:table-row><table:table-cell table:formula="of:=&quot;Fnr &quot; &amp; [.B3]"
      office:value-type="string" office:string-value="Fnr {NUMBER}"><text:p>Fnr {NUMBER}</text:p></table:table-cell>
    </table:table-row>
    <table:table-row>{cell(f'<text:a xlink:href="https://prove.example/?fnr={NUMBER}">lenke</text:a>')}</table:table-row>
  </table:table>
  <table:table table:name="Skjult" table:style-name="gone">
    <table:table-row/><table:table-row><table:table-cell/>{cell(f"Fnr {NUMBER}")}</table:table-row>
  </table:table>
  <table:named-expressions><table:named-expression table:name="person"
    table:base-cell-address="$Skjult.$A$1" table:expression="of:=&quot;{NUMBER}&quot;"/></table:named-expressions>
</office:spreadsheet></office:body></office:document>
"""


def shape(text):
    return f"""<draw:frame svg:width="10cm" svg:height="3cm" svg:x="2cm" svg:y="2cm"><draw:text-box>
      <text:p>{text}</text:p></draw:text-box></draw:frame>"""


def notes(text):
    return f"""<presentation:notes><draw:frame presentation:class="notes" svg:width="10cm" svg:height="5cm"
      svg:x="2cm" svg:y="12cm"><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame></presentation:notes>"""


IMPRESS = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.presentation">
<office:meta><dc:title>Møte æøåäö {NUMBER}</dc:title></office:meta>
<office:automatic-styles>
  <style:style style:name="gone" style:family="drawing-page"><style:drawing-page-properties
    presentation:visibility="hidden"/></style:style>
  <style:style style:name="red" style:family="text"><style:text-properties fo:color="#ff0000"/></style:style>
  <style:page-layout style:name="page"/>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="page"/></office:master-styles>
<office:body><office:presentation>
  <draw:page draw:name="en" draw:master-page-name="Default">
    <draw:frame presentation:class="title" svg:width="20cm" svg:height="3cm" svg:x="2cm" svg:y="1cm"><draw:text-box>
      <text:p>Tittel æøåäö</text:p></draw:text-box></draw:frame>
    {shape(f'Delt: <text:span text:style-name="red">01819</text:span>012365')}{notes(f"Notat {NUMBER}")}
    <office:annotation svg:x="1cm" svg:y="1cm"><dc:creator>Kari Prøve</dc:creator>
      <dc:date>2026-01-01T00:00:00</dc:date><text:p>Merknad {NUMBER}</text:p></office:annotation>
  </draw:page>
  <draw:page draw:name="to" draw:style-name="gone" draw:master-page-name="Default">
    {shape(f"Skjult {NUMBER}")}
    {shape(f'<text:a xlink:href="https://prove.example/?fnr={NUMBER}">lenke</text:a>')}
    <draw:frame svg:width="10cm" svg:height="2cm" svg:x="2cm" svg:y="8cm"><table:table>
      <table:table-column/><table:table-column/><table:table-row>
      <table:table-cell><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>Celle {NUMBER}</text:p></table:table-cell></table:table-row></table:table></draw:frame>
    <draw:frame svg:width="1cm" svg:height="1cm" svg:x="20cm" svg:y="8cm">
      <draw:image><office:binary-data>PNG</office:binary-data></draw:image>
      <svg:desc>Alternativ {NUMBER}</svg:desc></draw:frame>
  </draw:page>
</office:presentation></office:body></office:document>
"""


def compound(tree):
    """A compound file (MS-CFB version 3) of `tree`: bytes are streams, dicts are storages."""
    entries = []

    def add(name, content):
        number = len(entries)
        entries.append({"name": name, "content": content, "left": FREE, "right": FREE, "child": FREE})
        if isinstance(content, dict):
            children = sorted(content, key=lambda name: (len(name), name.upper()))
            entries[number]["child"] = balanced([add(name, content[name]) for name in children])
        return number

    def balanced(numbers):
        if not numbers:
            return FREE
        middle = len(numbers) // 2
        root = entries[numbers[middle]]
        root["left"], root["right"] = balanced(numbers[:middle]), balanced(numbers[middle + 1:])
        return numbers[middle]

    def padded(data, size):
        return data + b"\0" * (-len(data) % size)

    add("Root Entry", tree)
    sectors, table = [], []

    def store(data):
        """Puts `data` into sectors of its own, and gives the first."""
        data = padded(data, 512)
        first = len(sectors)
        for at in range(0, len(data), 512):
            sectors.append(data[at:at + 512])
            table.append(len(sectors))
        if data:
            table[-1] = END
        return first if data else END

    small, small_table = b"", []
    for entry in entries:
        content = entry["content"]
        if isinstance(content, dict):
            entry["start"], entry["size"] = 0, 0
        elif len(content) < 4096:
            entry["start"], entry["size"] = len(small) // 64, len(content)
            small += padded(content, 64)
            count = len(small) // 64 - len(small_table)
            small_table += [len(small_table) + number + 1 for number in range(count)]
            if count:
                small_table[-1] = END
            else:
                entry["start"] = END
        else:
            entry["start"], entry["size"] = store(content), len(content)
    entries[0]["start"], entries[0]["size"] = store(small), len(small)
    directory = b""
    for number, entry in enumerate(entries):
        name = (entry["name"] + "\0").encode("utf-16-le")
        kind = 5 if number == 0 else 1 if isinstance(entry["content"], dict) else 2
        directory += name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), kind, 1, entry["left"], entry["right"],
                                                         entry["child"])
        directory += b"\0" * 36 + struct.pack("<IQ", entry["start"], entry["size"])
    while len(directory) % 512:
        directory += b"\0" * 68 + struct.pack("<III", FREE, FREE, FREE) + b"\0" * 48
    directory_start = store(directory)
    small_start = store(b"".join(struct.pack("<I", number) for number in small_table))
    small_count = -(-len(small_table) * 4 // 512)
    count = 1
    while count * 128 < len(sectors) + count:
        count += 1
    fat_start = len(sectors)
    table += [0xFFFFFFFD] * count
    table += [FREE] * (count * 128 - len(table))
    sectors += [struct.pack("<128I", *table[at:at + 128]) for at in range(0, len(table), 128)]
    header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 6 + struct.pack("<IIIIIIIII", 0, count, directory_start, 0, 4096, small_start, small_count, END, 0)
    fats = [fat_start + number for number in range(count)]
    return header + struct.pack("<109I", *(fats + [FREE] * (109 - count))) + b"".join(sectors)


FREE, END = 0xFFFFFFFF, 0xFFFFFFFE
# Fødselsnummer, as Outlook keeps HTML in RTF.
FROM_HTML = (
    r"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 "
    r"F\'f8dselsnummer \'e6\'f8\'e5\'e4\'f6 01819{\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 012365\htmlrtf }\htmlrtf0 "
    r"{\*\htmltag92 </b>}\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}"
)
RTF = r"{\rtf1\ansi\ansicpg1252 F\'f8dselsnummer 01819{\b 012365} \'e6\'f8\'e5\'e4\'f6\par}"


def item(head, properties, named=()):
    """The streams of an item (MS-OXMSG section 2.4): `properties` are (tag, value)."""
    streams, listed = {}, b""
    for tag, value in properties:
        kind = tag & 0xFFFF
        if kind == 0x001F:
            data = value.encode("utf-16-le")
            size = len(data) + 2
        elif kind == 0x001E:
            data = value.encode("cp1252")
            size = len(data) + 1
        elif kind == 0x0102:
            data, size = value, len(value)
        elif kind == 0x000D:
            data, size = value, FREE
        else:
            listed += struct.pack("<IIII", tag, 6, value, 0)
            continue
        streams[f"__substg1.0_{tag:08X}"] = data
        listed += struct.pack("<IIII", tag, 6, size, 1 if kind == 0x000D else 0)
    streams["__properties_version1.0"] = head + listed
    return streams


def outlook():
    appointment = bytes.fromhex("0220060000000000C000000000000046")
    names = {
        "__substg1.0_00020102": appointment,
        "__substg1.0_00030102": struct.pack("<IHH", 0x8208, 3 << 1, 0),
        "__substg1.0_00040102": b"",
        f"__substg1.0_{0x1000 + (0x8208 ^ (3 << 1)) % 0x1F:04X}0102": struct.pack("<IHH", 0x8208, 3 << 1, 0),
    }
    count = struct.pack("<IIII", 1, 2, 1, 2)
    inner = item(b"\0" * 8 + struct.pack("<IIII", 0, 0, 0, 0), [
        (0x001A001F, "IPM.Note"), (0x0037001F, f"Videresendt {NUMBER}"), (0x1000001F, f"Indre melding {NUMBER}"),
        (0x0C1A001F, "Ola Prøve"), (0x340D0003, 0x40000),
    ])
    recipient = item(b"\0" * 8, [
        (0x3001001F, f"Mottaker {NUMBER}"), (0x3002001F, "SMTP"), (0x39FE001F, "ola@prove.example"), (0x0C150003, 1),
    ])
    file = item(b"\0" * 8, [
        (0x37010102, f"Fødselsnummer {NUMBER}\r\n".encode()), (0x3704001F, "VEDTAK~1.TXT"),
        (0x3707001F, "vedtak åse.txt"), (0x37050003, 1), (0x370E001F, "text/plain"),
    ])
    mail = item(b"\0" * 8, [(0x3001001F, "Videresendt"), (0x37050003, 5), (0x3701000D, inner)])
    root = item(b"\0" * 8 + count + b"\0" * 8, [
        (0x001A001F, "IPM.Note"), (0x0037001F, f"Emne {NUMBER}"), (0x0070001F, f"Emne {NUMBER}"),
        (0x0E1D001F, f"Emne {NUMBER}"), (0x1000001F, f"Hei æøåäö\r\nFnr {NUMBER}\r\n"),
        (0x10130102, f"<html><body><p>Fnr 01819<b>012365</b></p></body></html>".encode()),
        (0x10090102, compressed_rtf.compress(FROM_HTML.encode())), (0x0C1A001F, f"Avsender {NUMBER}"),
        (0x0E04001F, "Ola Prøve"), (0x007D001F, f"X-Sak: {NUMBER}\r\n"), (0x8000001F, f"Møterom {NUMBER}"),
        (0x340D0003, 0x40000), (0x300B0102, b"\1\2\3\4"),
    ])
    root |= {
        "__nameid_version1.0": names, "__recip_version1.0_#00000000": recipient,
        "__attach_version1.0_#00000000": file, "__attach_version1.0_#00000001": mail,
    }
    (HERE / "outlook.msg").write_bytes(compound(root))


def attribute(level, tag, data):
    return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) % 0x10000)


def properties(values):
    """A list of properties (MS-OXTNEF section 2.1.3.4.2): `values` are (tag, value), or with the name between."""
    out = struct.pack("<I", len(values))
    for tag, *name, value in values:
        kind = tag & 0xFFFF
        out += struct.pack("<I", kind | tag & 0xFFFF0000)
        if name:
            out += bytes.fromhex("0220060000000000C000000000000046") + struct.pack("<II", 0, name[0])
        if kind == 0x0003:
            out += struct.pack("<I", value)
            continue
        data = (value + "\0").encode("utf-16-le") if kind == 0x001F else value
        out += struct.pack("<II", 1, len(data)) + data + b"\0" * (-len(data) % 4)
    return out


def tnef(subject, body, more=b"", mapi=()):
    out = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    out += attribute(1, 0x00069007, struct.pack("<II", 1252, 0)) + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
    out += attribute(1, 0x00018004, subject.encode("cp1252") + b"\0")
    if body:
        out += attribute(1, 0x0002800C, body.encode("cp1252") + b"\0")
    return out + attribute(1, 0x00069003, properties(list(mapi) + [(0x340D0003, 0x40000)])) + more


def winmail():
    inner = tnef(f"Videresendt {NUMBER}", f"Indre melding {NUMBER}")
    rendering = struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)
    message = bytes.fromhex("0703020000000000C000000000000046")
    recipients = struct.pack("<I", 1) + properties([(0x3001001F, f"Mottaker {NUMBER}"), (0x0C150003, 1)])
    more = attribute(1, 0x00069004, recipients)
    more += attribute(2, 0x00069002, rendering) + attribute(2, 0x00018010, b"vedtak.txt\0")
    more += attribute(2, 0x0006800F, f"Fødselsnummer {NUMBER}\r\n".encode())
    more += attribute(2, 0x00069005, properties([(0x3707001F, "vedtak åse.txt"), (0x37050003, 1)]))
    more += attribute(2, 0x00069002, rendering) + attribute(2, 0x00018010, b"Videresendt\0")
    more += attribute(2, 0x00069005, properties([(0x37050003, 5), (0x3701000D, message + inner)]))
    (HERE / "winmail.dat").write_bytes(tnef(f"Emne æøåäö {NUMBER}", f"Hei æøåäö, fnr {NUMBER}", more, [
        (0x10090102, compressed_rtf.compress(RTF.encode())), (0x8000001F, 0x8208, f"Møterom {NUMBER}"),
        (0x0C1A001F, f"Avsender {NUMBER}"),
    ]))


def without_picture(name):
    """Takes the picture of the first page out of the properties: it is most of the file, and has no text."""
    source = olefile.OleFileIO(HERE / name)
    tree = {}
    for (stream,) in source.listdir():
        data = source.openstream(stream).read()
        if stream == "\x05SummaryInformation":
            start, = struct.unpack_from("<I", data, 44)
            count, = struct.unpack_from("<I", data, start + 4)
            kept = [struct.unpack_from("<II", data, start + 8 + 8 * number) for number in range(count)]
            ends = sorted(at for _, at in kept) + [len(data) - start]
            body, table = b"", b""
            kept = [(tag, at) for tag, at in kept if tag != 17]
            for tag, at in kept:
                table += struct.pack("<II", tag, 8 + 8 * len(kept) + len(body))
                body += data[start + at:start + ends[ends.index(at) + 1]]
            data = data[:start] + struct.pack("<II", 8 + len(table) + len(body), len(kept)) + table + body
        tree[stream] = data
    source.close()
    (HERE / name).write_bytes(compound(tree))


def office():
    image = base64.b64encode(pixel()).decode()
    writer, impress = WRITER.replace("PNG", image), IMPRESS.replace("PNG", image)
    for source, extension, name in (
        (writer, "fodt", "writer.doc"), (writer, "fodt", "writer.rtf"), (CALC, "fods", "calc.xls"),
        (impress, "fodp", "impress.ppt"),
    ):
        (HERE / name).write_bytes(converted(source, extension, name.rsplit(".", 1)[1], PLAIN))
    without_picture("impress.ppt")
    locked(writer, "fodt", "MS Word 97", "locked.doc", PLAIN)
    locked(CALC, "fods", "MS Excel 97", "locked.xls", PLAIN)
    with open(HERE / "python.docx", "rb") as plain, open(HERE / "locked.docx", "wb") as into:
        OOXMLFile(plain).encrypt("hemmelig", into)


if __name__ == "__main__":
    office()
    outlook()
    winmail()
