#!/usr/bin/python3
"""Makes the presentations, OpenDocument files and larger office documents of this folder. Run by hand when one
is added; the tests only read the results.

Made with LibreOffice 7.4 (headless, Debian 12), python-pptx 1.0, python-docx 1.2, openpyxl 3.1 and XlsxWriter 3.3.
Every place of a document that holds text holds one synthetic identity number, 01819012365, once.
"""

import base64
import io

import pptx
import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

from fixture import HERE, NAMESPACES, NUMBER, converted, locked, pixel

META = f"""<office:meta>
  <dc:title>Sak {NUMBER} æøåäö</dc:title>
  <meta:user-defined meta:name="Saksnummer" meta:value-type="string">{NUMBER}</meta:user-defined>
</office:meta>"""

PICTURE = f"""<draw:frame draw:name="Bilde {NUMBER}" text:anchor-type="as-char" svg:width="1cm" svg:height="1cm">
    <draw:image><office:binary-data>{base64.b64encode(pixel()).decode()}</office:binary-data></draw:image>
    <svg:desc>Alternativ {NUMBER}</svg:desc></draw:frame>"""

COMMENT = f"""<office:annotation svg:x="1cm" svg:y="1cm"><dc:creator>Kari Prøve</dc:creator>
    <dc:date>2026-01-01T00:00:00</dc:date><text:p>Merknad {NUMBER}</text:p></office:annotation>"""

TEXT = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
{META}
<office:automatic-styles>
  <style:style style:name="red" style:family="text"><style:text-properties fo:color="#ff0000"/></style:style>
  <style:style style:name="gone" style:family="text"><style:text-properties text:display="none"/></style:style>
  <style:style style:name="later" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style>
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
      <text:p>819</text:p>
    </text:deletion></text:changed-region>
    <text:changed-region text:id="c2"><text:insertion>
      <office:change-info><dc:creator>Kari Prøve</dc:creator><dc:date>2026-01-01T00:00:00</dc:date></office:change-info>
    </text:insertion></text:changed-region>
  </text:tracked-changes>
  <text:p>Æøåäö delt: <text:span text:style-name="red">01819</text:span><text:span>012365</text:span> i teksten.</text:p>
  <text:p>Endret: 01<text:change text:change-id="c1"/>012365.</text:p>
  <text:p>Føyd til: <text:change-start text:change-id="c2"/>{NUMBER}<text:change-end text:change-id="c2"/></text:p>
  <text:p>Med fotnote<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>
    <text:p>Fotnote {NUMBER}</text:p></text:note-body></text:note>, sluttnote<text:note
    text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body>
    <text:p>Sluttnote {NUMBER}</text:p></text:note-body></text:note> og merknad{COMMENT}.</text:p>
  <text:p>En <text:a xlink:type="simple" xlink:href="mailto:post@prove.example?subject=Fnr%20{NUMBER}">lenke</text:a>.</text:p>
  <text:p>Boks: <draw:frame text:anchor-type="paragraph" svg:width="5cm" svg:height="2cm">
    <draw:text-box><text:p>Tekstboks {NUMBER}</text:p></draw:text-box></draw:frame></text:p>
  <text:p>Bilde: {PICTURE}</text:p>
  <text:p>Skjult: <text:span text:style-name="gone">{NUMBER}</text:span></text:p>
  <text:section text:name="Skjult del" text:display="none"><text:p>I skjult del {NUMBER}</text:p></text:section>
  <table:table><table:table-column table:number-columns-repeated="2"/>
    <table:table-row>
      <table:table-cell><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>{NUMBER}</text:p></table:table-cell>
    </table:table-row></table:table>
  <text:p text:style-name="later">Neste side {NUMBER}</text:p>
</office:text></office:body></office:document>
"""

SHEETS = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
{META}
<office:automatic-styles>
  <number:number-style style:name="eleven"><number:number number:decimal-places="0" number:min-integer-digits="11"/></number:number-style>
  <style:style style:name="padded" style:family="table-cell" style:data-style-name="eleven"/>
  <style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style>
  <style:page-layout style:name="page"><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles>
  <style:master-page style:name="Default" style:page-layout-name="page">
    <style:header><text:p>Topptekst {NUMBER}</text:p></style:header>
    <style:footer><text:p>Bunntekst {NUMBER}</text:p></style:footer>
  </style:master-page>
</office:master-styles>
<office:body><office:spreadsheet>
  <table:content-validations><table:content-validation table:name="v1"
    table:condition="of:cell-content-is-in-list(&quot;ja&quot;;&quot;nei&quot;)" table:base-cell-address="Liste.C5">
    <table:help-message table:title="Hjelp" table:display="true"><text:p>Som {NUMBER}</text:p></table:help-message>
  </table:content-validation></table:content-validations>
  <table:table table:name="Liste">
    <table:shapes><draw:frame svg:width="5cm" svg:height="2cm" svg:x="6cm" svg:y="6cm">
      <draw:text-box><text:p>Tekstboks {NUMBER}</text:p></draw:text-box></draw:frame></table:shapes>
    <table:table-row>
      <table:table-cell office:value-type="string">{COMMENT}<text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell office:value-type="string"><text:p>{NUMBER}</text:p></table:table-cell>
    </table:table-row>
    <table:table-row>
      <table:table-cell office:value-type="string"><text:p>Kari Prøve</text:p></table:table-cell>
      <table:table-cell table:style-name="padded" office:value-type="float" office:value="{int(NUMBER)}"/>
    </table:table-row>
    <table:table-row>
      <table:table-cell office:value-type="string"><text:p>Uten format</text:p></table:table-cell>
      <table:table-cell office:value-type="float" office:value="1819012365"/>
    </table:table-row>
    <table:table-row table:number-rows-repeated="900000">
      <table:table-cell table:number-columns-repeated="3"/>
    </table:table-row>
    <table:table-row>
      <table:table-cell table:number-columns-repeated="2"/>
      <table:table-cell office:value-type="string" table:number-columns-repeated="2" table:content-validation-name="v1">
        <text:p>ja</text:p></table:table-cell>
      <table:table-cell table:formula="of:=IF([.A1]=&quot;x&quot;;&quot;Fnr {NUMBER}&quot;;&quot;nei&quot;)"/>
    </table:table-row>
  </table:table>
  <table:table table:name="Skjult" table:style-name="hidden">
    <table:table-row table:visibility="collapse">
      <table:table-cell/><table:table-cell office:value-type="string"><text:p>Fnr {NUMBER}</text:p></table:table-cell>
    </table:table-row>
  </table:table>
  <table:named-expressions><table:named-expression table:name="person" table:base-cell-address="$Liste.$A$1"
    table:expression="&quot;{NUMBER}&quot;"/></table:named-expressions>
</office:spreadsheet></office:body></office:document>
"""


PIVOT = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:body><office:spreadsheet>
  <table:table table:name="Data">
    <table:table-row>
      <table:table-cell office:value-type="string"><text:p>navn</text:p></table:table-cell>
      <table:table-cell office:value-type="string"><text:p>fnr</text:p></table:table-cell>
    </table:table-row>
    <table:table-row>
      <table:table-cell office:value-type="string"><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell office:value-type="string"><text:p>{NUMBER}</text:p></table:table-cell>
    </table:table-row>
    <table:table-row>
      <table:table-cell office:value-type="string"><text:p>Kari Prøve</text:p></table:table-cell>
      <table:table-cell office:value-type="float" office:value="1819012365"/>
    </table:table-row>
  </table:table>
  <table:table table:name="Pivot"><table:table-row><table:table-cell/></table:table-row></table:table>
  <table:data-pilot-tables><table:data-pilot-table table:name="Pivot1" table:target-range-address="Pivot.A1:Pivot.B6">
    <table:source-cell-range table:cell-range-address="Data.A1:Data.B3"/>
    <table:data-pilot-field table:source-field-name="navn" table:orientation="row" table:function="auto">
      <table:data-pilot-level/></table:data-pilot-field>
    <table:data-pilot-field table:source-field-name="fnr" table:orientation="data" table:function="count">
      <table:data-pilot-level/></table:data-pilot-field>
  </table:data-pilot-table></table:data-pilot-tables>
</office:spreadsheet></office:body></office:document>
"""


def slides(kind, body, notes, hidden):
    """A presentation or a drawing: notes and hidden pages are the former's."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.{kind}">
{META}
<office:automatic-styles>
  <style:page-layout style:name="page"/>
  <style:style style:name="shown" style:family="drawing-page"/>
  <style:style style:name="hidden" style:family="drawing-page"><style:drawing-page-properties {hidden}/></style:style>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="page">
  <draw:frame draw:layer="backgroundobjects" svg:width="5cm" svg:height="2cm" svg:x="1cm" svg:y="15cm">
    <draw:text-box><text:p>Mal {NUMBER}</text:p></draw:text-box></draw:frame>
</style:master-page></office:master-styles>
<office:body><office:{body}>
  <draw:page draw:name="side1" draw:style-name="shown" draw:master-page-name="Default">
    {COMMENT}
    <draw:frame svg:width="20cm" svg:height="3cm" svg:x="1cm" svg:y="1cm"><draw:text-box>
      <text:p>Æøåäö delt: <text:span>01819</text:span><text:span>012365</text:span></text:p></draw:text-box></draw:frame>
    <draw:g><draw:custom-shape svg:width="5cm" svg:height="2cm" svg:x="1cm" svg:y="4cm">
      <text:p>Figur {NUMBER}</text:p></draw:custom-shape></draw:g>
    {PICTURE.replace('text:anchor-type="as-char"', 'svg:x="2cm" svg:y="8cm"')}
    {notes}
  </draw:page>
  <draw:page draw:name="side2" draw:style-name="hidden" draw:master-page-name="Default">
    <draw:frame svg:width="20cm" svg:height="3cm" svg:x="1cm" svg:y="1cm"><draw:text-box>
      <text:p>På neste {NUMBER}</text:p></draw:text-box></draw:frame>
  </draw:page>
</office:{body}></office:body></office:document>
"""


NOTES = f"""<presentation:notes><draw:frame presentation:class="notes" svg:width="10cm" svg:height="5cm" svg:x="1cm"
    svg:y="10cm"><draw:text-box><text:p>Notat {NUMBER}</text:p></draw:text-box></draw:frame></presentation:notes>"""
SLIDES = slides("presentation", "presentation", NOTES, 'presentation:visibility="hidden"')
DRAWING = slides("graphics", "drawing", "", "")


def python_pptx():
    presentation = pptx.Presentation()
    title, blank = presentation.slide_layouts[5], presentation.slide_layouts[6]
    slide = presentation.slides.add_slide(title)
    slide.shapes.title.text = "Æøåäö"
    paragraph = slide.shapes.title.text_frame.add_paragraph()
    for digit in NUMBER:
        paragraph.add_run().text = digit
    slide.notes_slide.notes_text_frame.text = f"Notat {NUMBER}"
    group = slide.shapes.add_group_shape()
    box = group.shapes.add_textbox(Cm(1), Cm(5), Cm(5), Cm(1))
    box.text_frame.text = f"Boks {NUMBER}"
    picture = slide.shapes.add_picture(io.BytesIO(pixel()), Cm(1), Cm(7))
    picture._element.nvPicPr.cNvPr.set("descr", f"Alternativ {NUMBER}")
    run = box.text_frame.add_paragraph().add_run()
    run.text = "lenke"
    run.hyperlink.address = f"https://prove.example/?fnr={NUMBER}"

    slide = presentation.slides.add_slide(blank)
    table = slide.shapes.add_table(2, 2, Cm(1), Cm(1), Cm(10), Cm(2)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "navn", "fnr"
    table.cell(1, 0).text, table.cell(1, 1).text = "Ola Prøve", NUMBER
    data = CategoryChartData(number_format="00000000000")
    data.categories = ["Ola", "Kari"]
    data.add_series("fnr", (int(NUMBER), 2))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(5), Cm(10), Cm(8), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = f"Diagram {NUMBER}"

    slide = presentation.slides.add_slide(blank)
    slide._element.set("show", "0")
    slide.shapes.add_textbox(Cm(1), Cm(1), Cm(5), Cm(1)).text_frame.text = f"Skjult {NUMBER}"
    # The last slide made is shown first.
    ids = presentation.slides._sldIdLst
    ids.insert(0, ids[-1])
    frame = presentation.slide_layouts[6].placeholders[1].text_frame
    frame.text = f"Bunntekst {NUMBER}"
    presentation.core_properties.title = f"Lysark {NUMBER}"
    presentation.save(HERE / "python.pptx")


def xlsxwriter_xlsx():
    """What openpyxl does not write: charts, text boxes, rich strings, filters, conditional formats."""
    book = xlsxwriter.Workbook(HERE / "writer.xlsx")
    book.set_custom_property("Saksnummer", NUMBER)
    sheet = book.add_worksheet("Ærlig ål")
    bold = book.add_format({"bold": True})
    digits = book.add_format({"num_format": "00000000000"})
    sheet.write_row(0, 0, ["navn", "fnr"])
    sheet.write(1, 0, "Ola Prøve")
    sheet.write_rich_string(1, 1, "01819", bold, "012365")
    sheet.write(2, 0, "Kari Prøve")
    sheet.write(2, 1, int(NUMBER), digits)
    sheet.insert_textbox("D2", f"Boks {NUMBER}", {"description": f"Alternativ {NUMBER}"})
    sheet.autofilter("A1:B3")
    sheet.filter_column("A", f"x == {NUMBER}")
    sheet.conditional_format("A1:A9", {"type": "text", "criteria": "containing", "value": NUMBER})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"name": f"Serie {NUMBER}", "categories": "='Ærlig ål'!$A$2:$A$3", "values": "='Ærlig ål'!$B$2:$B$3"})
    chart.set_title({"name": f"Diagram {NUMBER}"})
    sheet.insert_chart("D9", chart)
    sheet.insert_image("H9", "prikk.png", {"image_data": io.BytesIO(pixel()), "description": "prikk"})
    sheet.write_comment("A2", f"Merknad {NUMBER}", {"author": "Kari Prøve"})
    book.close()


if __name__ == "__main__":
    for source, extension, *names in (
        (TEXT, "fodt", "writer.odt", "writer.fodt"), (SHEETS, "fods", "calc.ods", "calc.fods"),
        (PIVOT, "fods", "pivot.xlsx"), (SLIDES, "fodp", "impress.odp", "impress.pptx"),
        (DRAWING, "fodg", "draw.odg", "draw.emf", "draw.wmf"),
    ):
        for name in names:
            (HERE / name).write_bytes(converted(source, extension, name.rsplit(".", 1)[1]))
    locked(TEXT, "fodt", "writer8", "locked.odt")
    python_pptx()
    xlsxwriter_xlsx()
