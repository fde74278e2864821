#!/usr/bin/python3
"""Makes the fixtures of this folder. Run by hand when one is added; the tests only read the results.

Made with LibreOffice 7.4 (headless), python-docx 0.8 and openpyxl 3.0 of Debian 12. Every place of a
document that holds text holds one synthetic identity number, 01819012365, once.
"""

import base64
import datetime
import zipfile

import docx
import openpyxl
import openpyxl.worksheet.datavalidation
from docx.shared import RGBColor

from fixture import HERE, NAMESPACES, NUMBER, converted, pixel

WRITER = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:meta>
  <dc:title>Vedtak {NUMBER}</dc:title>
  <meta:user-defined meta:name="Saksnummer" meta:value-type="string">{NUMBER}</meta:user-defined>
  <meta:user-defined meta:name="Company" meta:value-type="string">Etat {NUMBER}</meta:user-defined>
</office:meta>
<office:automatic-styles>
  <style:style style:name="red" style:family="text"><style:text-properties fo:color="#ff0000"/></style:style>
  <style:style style:name="blue" style:family="text"><style:text-properties fo:color="#0000ff"/></style:style>
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
      <text:p>{NUMBER}</text:p>
    </text:deletion></text:changed-region>
    <text:changed-region text:id="c2"><text:insertion>
      <office:change-info><dc:creator>Kari Prøve</dc:creator><dc:date>2026-01-01T00:00:00</dc:date></office:change-info>
    </text:insertion></text:changed-region>
  </text:tracked-changes>
  <text:p>Delt over løp: <text:span text:style-name="red">01819</text:span><text:span
    text:style-name="blue">012365</text:span> i teksten.</text:p>
  <text:p>Strøket: <text:change text:change-id="c1"/>her.</text:p>
  <text:p>Føyd til: <text:change-start text:change-id="c2"/>{NUMBER}<text:change-end text:change-id="c2"/></text:p>
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
    <draw:image><office:binary-data>{base64.b64encode(pixel()).decode()}</office:binary-data></draw:image>
    <svg:desc>Alternativ {NUMBER}</svg:desc></draw:frame></text:p>
  <table:table><table:table-column table:number-columns-repeated="2"/>
    <table:table-row>
      <table:table-cell><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>{NUMBER}</text:p></table:table-cell>
    </table:table-row></table:table>
  <text:p>Slutt.</text:p>
</office:text></office:body></office:document>
"""


def python_docx():
    document = docx.Document()
    paragraph = document.add_paragraph("Delt: ")
    for digit, colour in zip(NUMBER, range(len(NUMBER))):
        paragraph.add_run(digit).font.color.rgb = RGBColor(colour, 0, 0)
    paragraph.add_run("\tetter tabulator\netter linjeskift")
    section = document.sections[0]
    section.header.paragraphs[0].text = f"Topptekst {NUMBER}"
    section.footer.paragraphs[0].text = f"Bunntekst {NUMBER}"
    row = document.add_table(rows=1, cols=3).rows[0]
    row.cells[0].text, row.cells[2].text = "Ola Prøve", NUMBER
    document.core_properties.subject = f"Emne {NUMBER}"
    document.core_properties.comments = ""
    document.save(HERE / "python.docx")


def plain_zip():
    with zipfile.ZipFile(HERE / "plain.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = f"Arkiv {NUMBER}".encode()
        archive.writestr("sak/vedtak.txt", f"Fødselsnummer {NUMBER}\n" * 20)
        archive.writestr("sak/liste.csv", f"navn;fnr\nOla Prøve;{NUMBER}\n", zipfile.ZIP_STORED)


CALC = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:body><office:spreadsheet>
  <table:table table:name="Liste">
    <table:shapes><draw:frame svg:width="5cm" svg:height="2cm" svg:x="6cm" svg:y="6cm">
      <draw:text-box><text:p>Tekstboks {NUMBER}</text:p></draw:text-box></draw:frame></table:shapes>
    <table:table-row>
      <table:table-cell office:value-type="string"><office:annotation><dc:creator>Kari Prøve</dc:creator>
        <text:p>Merknad {NUMBER}</text:p></office:annotation><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell office:value-type="string"><text:p>{NUMBER}</text:p></table:table-cell>
    </table:table-row>
  </table:table>
</office:spreadsheet></office:body></office:document>
"""


def openpyxl_xlsx():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Barn"
    sheet.append(["navn", "fnr", "født", "sum"])
    sheet.append(["Ola Prøve", int(NUMBER), datetime.date(1990, 1, 18), 12.5])
    sheet["B2"].number_format = "00000000000"
    sheet["A3"] = "Én celle"
    sheet["B3"] = NUMBER
    sheet["A4"] = "Uten format"
    sheet["B4"] = 1819012365
    sheet["B3"].comment = openpyxl.comments.Comment(f"Merknad {NUMBER}", "Kari Prøve")
    sheet["A3"].hyperlink = f"https://prove.example/?fnr={NUMBER}"
    sheet.oddHeader.center.text = f"Topptekst {NUMBER}"
    sheet.oddHeader.center.size = 12
    sheet.oddFooter.left.text = f"Bunntekst {NUMBER}"
    rule = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1='"ja,nei"')
    rule.promptTitle, rule.prompt = "Hjelp", f"Som {NUMBER}"
    rule.add("C3")
    sheet.add_data_validation(rule)
    hidden = book.create_sheet("Skjult")
    hidden.sheet_state = "veryHidden"
    hidden["C5"] = f"Fnr {NUMBER}"
    book.defined_names.append(openpyxl.workbook.defined_name.DefinedName("person", attr_text=f'"{NUMBER}"'))
    book.properties.title = f"Liste {NUMBER}"
    book.save(HERE / "openpyxl.xlsx")


(HERE / "writer.docx").write_bytes(converted(WRITER, "fodt", "docx"))
(HERE / "calc.xlsx").write_bytes(converted(CALC, "fods", "xlsx"))
python_docx()
openpyxl_xlsx()
plain_zip()
