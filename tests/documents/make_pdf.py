#!/usr/bin/python3
"""Makes the PDF fixtures of this folder. Run by hand when one is added; the tests only read the results.

Made with LibreOffice 7.4 (headless), reportlab 5.1 with Pillow 13, Ghostscript 10.0, qpdf 11.3 and pikepdf 10.17.
Every place of a document that holds text holds one synthetic identity number, 01819012365, once.
"""

import io
import pathlib
import re
import subprocess
import tempfile

import pikepdf
from PIL import Image, ImageDraw, ImageFont, TiffImagePlugin
from pikepdf import Array, Dictionary, Name, String
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from fixture import HERE, NAMESPACES, NUMBER, converted

# Pictures as they are, not as text.
rl_config.useA85 = 0

WIDTH, HEIGHT = A4
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

LONG = "Her står en lang linje med ord uten mening, så at den fyller sin spalte helt og må brytes flere ganger. "

WRITER = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:meta>
  <dc:title>Vedtak {NUMBER}</dc:title>
  <dc:subject>Emne for Åse Prøve</dc:subject>
</office:meta>
<office:automatic-styles>
  <style:style style:name="red" style:family="text"><style:text-properties fo:color="#ff0000"/></style:style>
  <style:style style:name="blue" style:family="text"><style:text-properties fo:color="#0000ff"/></style:style>
  <style:style style:name="wide" style:family="text"><style:text-properties fo:letter-spacing="0.1cm"/></style:style>
  <style:style style:name="sections" style:family="section"><style:section-properties>
    <style:columns fo:column-count="2" fo:column-gap="0.7cm"/></style:section-properties></style:style>
  <style:style style:name="frame" style:family="graphic"/>
  <style:style style:name="new" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style>
  <style:page-layout style:name="page"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"
    fo:margin="2cm"/><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles>
  <style:master-page style:name="Standard" style:page-layout-name="page">
    <style:header><text:p>Topptekst</text:p></style:header>
    <style:footer><text:p>Bunntekst</text:p></style:footer>
  </style:master-page>
</office:master-styles>
<office:body><office:text>
  <office:forms form:automatic-focus="false" form:apply-design-mode="false">
    <form:form form:name="Skjema">
      <form:text form:name="Navn" form:control-implementation="ooo:com.sun.star.form.component.TextField"
        form:id="c1" xml:id="c1" form:current-value="Felt {NUMBER}" form:value="Felt {NUMBER}"/>
    </form:form>
  </office:forms>
  <text:h text:outline-level="1">Bokmerke {NUMBER}</text:h>
  <text:p>Åse Ærlig Øgård, Malmö, fått hjälp på sjukhuset. Det var affære, finne, flytte og büro.</text:p>
  <text:p>Delt over løp: <text:span text:style-name="red">01819</text:span><text:span
    text:style-name="blue">012365</text:span> i teksten.</text:p>
  <text:p>Spredt: <text:span text:style-name="wide">{NUMBER}</text:span> slutt.</text:p>
  <text:p>En <text:a xlink:type="simple" xlink:href="mailto:post@prove.example?subject=Fnr%20{NUMBER}">lenke</text:a>.</text:p>
  <text:p>Merknad<office:annotation><dc:creator>Kari Prøve</dc:creator><dc:date>2026-01-01T00:00:00</dc:date>
    <text:p>Merknad {NUMBER}</text:p></office:annotation> her.</text:p>
  <text:p>Felt: <draw:control text:anchor-type="as-char" svg:width="6cm" svg:height="0.7cm" draw:control="c1"/></text:p>
  <text:p>Bilde: <draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="1cm" draw:style-name="frame">
    <draw:text-box><text:p>Ramme</text:p></draw:text-box><svg:desc>Alternativ {NUMBER}</svg:desc></draw:frame></text:p>
  <table:table><table:table-column table:number-columns-repeated="3"/>
    <table:table-row>
      <table:table-cell><text:p>Ola Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>{NUMBER}</text:p></table:table-cell>
      <table:table-cell><text:p>Svært lang tekst som brytes over flere linjer i sin celle</text:p></table:table-cell>
    </table:table-row>
    <table:table-row>
      <table:table-cell><text:p>Kari Prøve</text:p></table:table-cell>
      <table:table-cell><text:p>uten</text:p></table:table-cell>
      <table:table-cell><text:p>kort</text:p></table:table-cell>
    </table:table-row></table:table>
  <text:p text:style-name="new">Side to.</text:p>
  <text:section text:style-name="sections" text:name="spalter">
    <text:p>VENSTRE {LONG * 5}</text:p><text:p>Midt {NUMBER} i. {LONG * 5} HØYRE</text:p>
  </text:section>
</office:text></office:body></office:document>
"""


# Tagged, with form, comments and bookmarks.
EXPORT = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},"ExportNotes":{"type":"boolean",' \
    '"value":"true"},"ExportBookmarks":{"type":"boolean","value":"true"},"ExportFormFields":{"type":"boolean",' \
    '"value":"true"}}'


def page_texts(pdf):
    """Text in every way that it can be drawn."""
    pdf.setFont("Helvetica", 12)
    pdf.drawString(72, 780, "Åse Ærlig Øgård æøåäöÆØÅÄÖ é 100 €")
    # One digit at a time, and backwards.
    for at, digit in reversed(list(enumerate(NUMBER))):
        pdf.drawString(72 + at * pdf.stringWidth("0"), 760, digit)
    # In the boxes of a form.
    pdf.drawString(72, 740, "Fnr:")
    for at, digit in enumerate(NUMBER):
        pdf.rect(118 + at * 16, 736, 16, 16)
        pdf.drawString(122 + at * 16, 740, digit)
    # Widely spaced; drawn twice for weight.
    text = pdf.beginText(72, 720)
    text.setCharSpace(3)
    text.textOut(f"Sperret {NUMBER} tekst")
    pdf.drawText(text)
    pdf.drawString(72, 700, f"Fet {NUMBER}")
    pdf.drawString(72.3, 700, f"Fet {NUMBER}")
    # A table drawn column by column.
    for x, cells in ((72, ["Ola Prøve", "Kari Prøve"]), (200, [NUMBER, "ukjent"]), (320, ["Malmö", "Tromsø"])):
        for at, cell in enumerate(cells):
            pdf.drawString(x, 670 - 20 * at, cell)
    # Invisible, white, beside the page, turned.
    text = pdf.beginText(72, 620)
    text.setTextRenderMode(3)
    text.textOut(f"Usynlig {NUMBER}")
    pdf.drawText(text)
    pdf.setFillGray(1)
    pdf.drawString(72, 600, f"Hvit {NUMBER}")
    pdf.setFillGray(0)
    pdf.drawString(700, 580, f"Utenfor {NUMBER}")
    pdf.saveState()
    pdf.translate(500, 300)
    pdf.rotate(90)
    pdf.drawString(0, 0, f"Dreid {NUMBER}")
    pdf.restoreState()
    # In a form that is drawn, in another.
    pdf.beginForm("indre")
    pdf.setFont("Helvetica", 12)
    pdf.drawString(72, 560, f"Indre {NUMBER}")
    pdf.endForm()
    pdf.beginForm("ytre")
    pdf.doForm("indre")
    pdf.endForm()
    pdf.doForm("ytre")
    # An embedded font with codes of its own.
    pdfmetrics.registerFont(TTFont("DejaVu", DEJAVU))
    pdf.setFont("DejaVu", 12)
    pdf.drawString(72, 540, f"Innebygd æøåäö ﬁ {NUMBER}")


def reportlab_pdf():
    out = io.BytesIO()
    pdf = canvas.Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    pdf.setTitle(f"Tittel {NUMBER}")
    pdf.setAuthor("Åse Prøve")
    page_texts(pdf)
    pdf.bookmarkPage("en")
    pdf.addOutlineEntry(f"Kapittel {NUMBER}", "en")
    pdf.linkURL(f"https://prove.example/?fnr={NUMBER}", (72, 500, 200, 520))
    form = pdf.acroForm
    form.textfield(name="navn", value=f"Tekstfelt {NUMBER}", x=72, y=440, width=200, tooltip=f"Hjelp {NUMBER}")
    form.choice(name="valg", value="ja", options=["ja", f"valg {NUMBER}"], x=72, y=400, width=200)
    pdf.showPage()
    pdf.setPageRotation(90)
    pdf.setFont("Helvetica", 12)
    pdf.drawString(72, 700, f"Liggende side {NUMBER}")
    pdf.showPage()
    pdf.save()
    out.seek(0)
    return out


def extended(source):
    """What reportlab cannot make: comments, layers, files, XFA, own properties, marked content."""
    pdf = pikepdf.open(source)
    first = pdf.pages[0]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Dictionary(
        Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding,
        Differences=Array([65, Name.zero, Name.one, Name.eight, Name.nine, Name.two, Name.three, Name.six, Name.five,
                           Name.oslash]),
    ))
    first.Resources.Font.Diff = pdf.make_indirect(font)
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Skjult")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), Order=Array([layer])))
    first.Resources.Properties = Dictionary(Skjult=layer)
    more = (
        f"BT /OC /Skjult BDC /F1 12 Tf 72 360 Td (Lag {NUMBER}) Tj EMC ET\n"
        "BT /Diff 12 Tf 72 340 Td [(ABCBD) -20 (ABEFGH)] TJ 0 -20 Td (I) Tj ET\n"
        f"BT /Span <</ActualText (Egentlig {NUMBER})>> BDC /F1 12 Tf 72 300 Td (bilde) Tj EMC ET\n"
        "BT /F1 12 Tf 72 280 Td (Stykker ) Tj (0181) Tj 4 Ts (90) Tj 0 Ts (12365) Tj ET\n"
    )
    first.contents_add(more.encode("latin-1"))
    rectangle = Array([300, 300, 320, 320])
    comments = [
        Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=rectangle, Contents=String(f"Merknad {NUMBER} æøå"), P=first.obj),
        Dictionary(Type=Name.Annot, Subtype=Name.Highlight, Rect=rectangle, P=first.obj, RC=String(
            f'<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml"><p>Rik <b>01819</b>012365</p></body>')),
        Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=rectangle, DA=String("/Helv 12 Tf"),
                   Contents=String(f"Fri {NUMBER}"), P=first.obj, AP=Dictionary(N=pdf.make_stream(
                       f"BT /F1 12 Tf 2 5 Td (Fri {NUMBER}) Tj ET".encode(), Type=Name.XObject, Subtype=Name.Form,
                       BBox=Array([0, 0, 200, 20]), Resources=Dictionary(Font=first.Resources.Font)))),
        Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=rectangle, P=first.obj, AP=Dictionary(N=pdf.make_stream(
            f"BT /F1 12 Tf 2 5 Td (Stempel {NUMBER}) Tj ET".encode(), Type=Name.XObject, Subtype=Name.Form,
            BBox=Array([0, 0, 200, 20]), Resources=Dictionary(Font=first.Resources.Font)))),
        Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=rectangle, P=first.obj,
                   FS=filespec(pdf, "på siden.txt", f"Festet {NUMBER}")),
    ]
    first.Annots.extend([pdf.make_indirect(comment) for comment in comments])
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([
        String("vedlegg"), filespec(pdf, "vedlegg.txt", f"Vedlegg {NUMBER}", Desc=String(f"Beskrivelse {NUMBER}"))])))
    pdf.Root.AF = Array([filespec(pdf, "tilknyttet.csv", f"navn;fnr\nOla Prøve;{NUMBER}\n")])
    data = f"<xfa:datasets xmlns:xfa='http://www.xfa.org/schema/xfa-data/1.0/'><xfa:data><navn>Ola Prøve</navn>" \
        f"<fnr>{NUMBER}</fnr></xfa:data></xfa:datasets>"
    pdf.Root.AcroForm.XFA = Array([
        String("preamble"), pdf.make_stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'>"),
        String("datasets"), pdf.make_stream(data.encode()),
        String("postamble"), pdf.make_stream(b"</xdp:xdp>")])
    with pdf.open_metadata(update_docinfo=False) as xmp:
        xmp["dc:title"] = f"Tittel {NUMBER}"
        xmp["dc:description"] = f"Beskrivelse i XMP {NUMBER}"
    pdf.docinfo["/Saksnummer"] = f"Sak {NUMBER}"
    return pdf


def filespec(pdf, name, content, **more):
    stream = pdf.make_stream(content.encode(), Type=Name.EmbeddedFile)
    return pdf.make_indirect(Dictionary(
        Type=Name.Filespec, F=String("fil"), UF=String(name), EF=Dictionary(F=stream), **more))


def compact(pdf, name):
    pdf.save(HERE / name, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True,
             deterministic_id=True)


def letter(pages=1):
    """A short letter, as a reportlab file."""
    out = io.BytesIO()
    pdf = canvas.Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    for _ in range(pages):
        pdf.setFont("Helvetica", 12)
        pdf.drawString(72, 780, f"Brev til Åse Prøve, fødselsnummer {NUMBER}")
        pdf.showPage()
    pdf.save()
    return out.getvalue()


def qpdf(source, *options):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in.pdf").write_bytes(source)
        subprocess.run(["qpdf", "--deterministic-id" if "--encrypt" not in options else "--static-id", *options,
                        str(folder / "in.pdf"), str(folder / "out.pdf")], check=True)
        return (folder / "out.pdf").read_bytes()


def encrypted():
    for name, bits, more in (
        ("rc4-40", "40", []), ("rc4-128", "128", ["--use-aes=n"]), ("aes-128", "128", ["--use-aes=y"]), ("aes-256", "256", []),
    ):
        weak = ["--allow-weak-crypto"] if "256" not in bits else []
        for who, user in (("owner", ""), ("user", "hemmelig")):
            options = [*weak, "--object-streams=generate" if bits != "40" else "--object-streams=disable",
                       "--encrypt", user, "eier", bits, *more, "--"]
            (HERE / f"{who}-{name}.pdf").write_bytes(qpdf(letter(), *options))


def ghostscript():
    """PostScript with an accented alphabet through pdfwrite, and a file whose fonts say nothing."""
    source = f"""%!PS
/Re {{ findfont dup length dict begin {{ 1 index /FID ne {{ def }} {{ pop pop }} ifelse }} forall
/Encoding ISOLatin1Encoding def currentdict end definefont pop }} def
/L /Helvetica Re /T /Times-Roman Re
/L findfont 12 scalefont setfont 72 780 moveto (\\305se \\306rlig \\330g\\345rd, Malm\\366, f\\370dselsnummer {NUMBER}) show
/T findfont 12 scalefont setfont 72 760 moveto (Sperret ) show 2 0 ({NUMBER}) ashow
72 740 moveto (Ola) show 200 740 moveto ({NUMBER}) show
showpage
""".encode("latin-1")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in.ps").write_bytes(source)
        subprocess.run(["gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", f"-sOutputFile={folder}/out.pdf",
                        str(folder / "in.ps")], check=True)
        (HERE / "ghostscript.pdf").write_bytes((folder / "out.pdf").read_bytes())


def no_unicode():
    """A letter of LibreOffice whose fonts number their glyphs, and have lost what the numbers mean."""
    plain = re.sub(r"<office:text>.*</office:text>", f"<office:text><text:p>Brev til Åse Prøve, fødselsnummer {NUMBER}"
                   "</text:p></office:text>", WRITER, flags=re.DOTALL)
    pdf = pikepdf.open(io.BytesIO(converted(plain, "fodt", EXPORT)))
    for font in pdf.pages[0].Resources.Font.values():
        del font["/ToUnicode"]
    compact(pdf, "no-unicode.pdf")


def scan_image(width=827, height=1169):
    """A typed letter as a scanner sees it, at 100 dpi."""
    image = Image.new("L", (width, height), 250)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(DEJAVU, 22)
    draw.text((80, 100), "Vedtak om støtte", font=font, fill=20)
    draw.text((80, 160), f"Fødselsnummer: {NUMBER}", font=font, fill=20)
    return image


def jpeg(image):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=40)
    out.seek(0)
    return out


def scans():
    """Pages that are pictures: JPEG, turned, bilevel (CCITT), JPEG 2000, with an invisible text layer."""
    out = io.BytesIO()
    image = scan_image()
    pdf = canvas.Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    pdf.drawImage(ImageReader(jpeg(image)), 0, 0, WIDTH, HEIGHT)
    pdf.showPage()
    pdf.setPageRotation(90)
    pdf.drawImage(ImageReader(jpeg(image.rotate(90, expand=True).resize((827, 1169)))), 0, 0, WIDTH, HEIGHT)
    pdf.setFont("Helvetica", 8)
    pdf.drawString(20, 20, "Side 2")
    pdf.showPage()
    pdf.save()
    out.seek(0)
    book = pikepdf.open(out)
    tiff = io.BytesIO()
    bilevel = scan_image(1654, 2339).point(lambda shade: 255 if shade > 128 else 0).convert("1")
    TiffImagePlugin.STRIP_SIZE = 1 << 30
    bilevel.save(tiff, "TIFF", compression="group4")
    strip = Image.open(tiff)
    data = tiff.getvalue()[strip.tag_v2[273][0]:][: strip.tag_v2[279][0]]
    assert len(strip.tag_v2[273]) == 1
    fax = book.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=1654, Height=2339, BitsPerComponent=1,
                           ColorSpace=Name.DeviceGray, Filter=Name.CCITTFaxDecode,
                           DecodeParms=Dictionary(K=-1, Columns=1654, Rows=2339,
                                                  BlackIs1=strip.tag_v2[262] == 0))
    add_picture_page(book, fax)
    out = io.BytesIO()
    image.save(out, "JPEG2000", quality_mode="rates", quality_layers=[60])
    jpx = book.make_stream(out.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=827, Height=1169,
                           Filter=Name.JPXDecode)
    add_picture_page(book, jpx)
    compact(book, "scan.pdf")

    out = io.BytesIO()
    pdf = canvas.Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    pdf.drawImage(ImageReader(jpeg(image)), 0, 0, WIDTH, HEIGHT)
    text = pdf.beginText(58, HEIGHT - 90)
    text.setTextRenderMode(3)
    text.setFont("Helvetica", 16)
    text.textLine("Vedtak om støtte")
    text.textLine(f"Fødselsnummer: {NUMBER}")
    text.textLine("og så mye mer som programmet har lest i bildet, at det er sidens tekst og ikke bare et sidetall,")
    text.textLine("nemlig to linjer til.")
    pdf.drawText(text)
    pdf.showPage()
    # A typed letter with a scanned note in it, and a small logo; both once more on the next page.
    note, logo = ImageReader(jpeg(image.crop((60, 80, 560, 300)))), ImageReader(jpeg(image.crop((60, 80, 160, 180))))
    for page in (2, 3):
        pdf.setFont("Helvetica", 12)
        for line in range(10):
            pdf.drawString(72, 780 - 20 * line, f"Side {page} er skrevet på maskin, og har et notat som bilde, linje {line}.")
        pdf.drawImage(note, 72, 300, 250, 110)
        pdf.drawImage(logo, 400, 300, 50, 50)
        pdf.showPage()
    pdf.save()
    (HERE / "ocr-layer.pdf").write_bytes(qpdf(out.getvalue()))


def add_picture_page(book, picture):
    page = book.add_blank_page(page_size=(WIDTH, HEIGHT))
    page.Resources = Dictionary(XObject=Dictionary(Im=picture))
    page.Contents = book.make_stream(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Im Do Q".encode())


if __name__ == "__main__":
    (HERE / "writer.pdf").write_bytes(converted(WRITER, "fodt", EXPORT))
    compact(extended(reportlab_pdf()), "reportlab.pdf")
    encrypted()
    ghostscript()
    no_unicode()
    scans()
