#!/usr/bin/python3
"""Makes the pictures of this folder. Run by hand when one is added; the tests only read the results.

Made with LibreOffice 7.4 (headless), Ghostscript 10, Pillow 12 and ExifTool 12 on Debian 12. Scans hold the
synthetic identity numbers 01819012365 and 19941227-2396; every place for words beside a picture holds the
first of them once.
"""

import math
import pathlib
import random
import subprocess
import tempfile

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from PIL.PngImagePlugin import PngInfo

from fixture import HERE, NUMBER

LETTER = f"""Vedtak om sosialhjelp

Kari Åsheim Nordmann
Fødselsnummer {NUMBER}
Blåbærstien 4, 0855 Oslo

Søknaden er innvilget fra første dag i neste måned. Beløpet dekker husleie, strøm og
barnehage. Vedtaket kan påklages innen tre uker.

Göran Åkesson, personnummer 19941227-2396, får ersättning för läkarvård.
"""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def letter(folder):
    """The letter as a PDF of LibreOffice."""
    source = folder / "letter.txt"
    source.write_text(LETTER)
    run("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf",
        "--outdir", str(folder), str(source))
    return folder / "letter.pdf"


def scans(folder):
    pdf = letter(folder)
    for device, name in [("tiffg4", "scan.tif"), ("pngmono", "scan.png"), ("jpeggray", "gray.jpg")]:
        run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-r200", f"-sDEVICE={device}", f"-sOutputFile={folder / name}", str(pdf))
    (HERE / "scan.tif").write_bytes((folder / "scan.tif").read_bytes())
    (HERE / "scan.png").write_bytes((folder / "scan.png").read_bytes())
    # As a scanner sees it: paper that is not white, a little out of focus, not quite straight.
    page = Image.open(folder / "gray.jpg").rotate(0.4, fillcolor=255, resample=Image.BICUBIC)
    page = page.filter(ImageFilter.GaussianBlur(0.6)).point(lambda v: 25 + v * 220 // 255)
    page.save(HERE / "scan.jpg", quality=35, dpi=(200, 200))
    mono = Image.open(folder / "scan.png").convert("1")
    # Half a page; then fed in sideways, then upside down, then the empty back of a page.
    half = mono.crop((0, 150, 1654, 1000))
    pages = [half.rotate(90, expand=True, fillcolor=1), half.rotate(180, fillcolor=1), Image.new("1", half.size, 1)]
    half.save(HERE / "pages.tif", save_all=True, append_images=pages, compression="group4", dpi=(200, 200))
    # A few lines, for tests that read many.
    mono.crop((0, 440, 1654, 750)).save(HERE / "lines.png")
    small = half.convert("L")
    small.save(HERE / "scan.webp", quality=30)
    small.convert("P").save(HERE / "scan.gif")


def photo():
    """No photograph of anyone, but as rich in colours and grain as one."""
    random.seed(4)
    size = (900, 675)
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for y in range(size[1]):
        draw.line((0, y, size[0], y), fill=(90 + y // 8, 120 + y // 9, 200 - y // 6))
    for _ in range(140):
        x, y, r = random.randrange(size[0]), random.randrange(250, size[1]), random.randrange(10, 90)
        colour = tuple(random.randrange(30, 200) for _ in range(3))
        draw.ellipse((x - r, y - r // 2, x + r, y + r), fill=colour)
    picture = picture.filter(ImageFilter.GaussianBlur(3))
    grain = Image.effect_noise(size, 40).convert("RGB")
    return Image.blend(picture, grain, 0.15)


def captions(folder):
    picture = photo()
    picture.save(HERE / "photo.jpg", quality=45)
    tagged = folder / "tagged.jpg"
    picture.resize((600, 450)).save(tagged, quality=45)
    where = ["-EXIF:GPSLatitude=59.9139", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=10.7522", "-EXIF:GPSLongitudeRef=E"]
    words = [
        f"-EXIF:ImageDescription=Beskrivelse {NUMBER} æøåäö",
        f"-EXIF:Artist=Fotograf {NUMBER}",
        f"-EXIF:Copyright=Rettigheter {NUMBER}",
        f"-EXIF:UserComment=Kommentar {NUMBER} æøåäö",
        f"-EXIF:XPTitle=Tittel {NUMBER} æøåäö",
        f"-EXIF:XPComment=Windows {NUMBER}",
        f"-XMP-dc:Description=XMP {NUMBER} æøåäö",
        f"-XMP-photoshop:Headline=Overskrift {NUMBER}",
        f"-XMP-iptcExt:PersonInImage=Person {NUMBER}",
        f"-IPTC:Caption-Abstract=IPTC {NUMBER} æøåäö",
        f"-IPTC:City=By {NUMBER}",
        f"-Comment=Merknad {NUMBER} æøåäö",
    ]
    run("exiftool", "-q", "-charset", "iptc=utf8", "-CodedCharacterSet=utf8", "-overwrite_original", *where, *words, str(tagged))
    (HERE / "tagged.jpg").write_bytes(tagged.read_bytes())

    texts = PngInfo()
    texts.add_text("Title", f"Tittel {NUMBER}")
    texts.add_text("Comment", f"Merknad {NUMBER} og mer av det samme", zip=True)
    texts.add_itxt("Description", f"Beskrivelse {NUMBER} æøåäö")
    texts.add_itxt("Author", f"Forfatter {NUMBER}", zip=True)
    diagram = Image.new("RGB", (700, 500), "white")
    draw = ImageDraw.Draw(diagram)
    for at in range(0, 700, 7):
        draw.line((at, 500, at, 300 - 200 * math.sin(at / 90)), fill=(at % 256, 80, 160), width=5)
    named = folder / "tagged.png"
    diagram.save(named, pnginfo=texts)
    run("exiftool", "-q", "-overwrite_original", f"-XMP-dc:Title=XMP {NUMBER}", f"-EXIF:Artist=Fotograf {NUMBER}", str(named))
    (HERE / "tagged.png").write_bytes(named.read_bytes())

    for name, lossy in [("tagged.webp", {"quality": 40}), ("tagged.tif", {"compression": "tiff_lzw"})]:
        picture.resize((300, 220)).convert("P" if name.endswith("tif") else "RGB").save(folder / name, **lossy)
        run("exiftool", "-q", "-overwrite_original", f"-EXIF:ImageDescription=Beskrivelse {NUMBER}",
            f"-XMP-dc:Title=XMP {NUMBER}", *where, str(folder / name))
        (HERE / name).write_bytes((folder / name).read_bytes())


def logo():
    picture = Image.new("RGB", (480, 160), "white")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(20, 20), (120, 20), (120, 100), (70, 140), (20, 100)], fill=(0, 80, 160))
    draw.text((140, 50), "Kommune", font=ImageFont.truetype("DejaVuSans-Bold.ttf", 56), fill=(0, 80, 160))
    picture.save(HERE / "logo.png")


with tempfile.TemporaryDirectory() as name:
    scans(pathlib.Path(name))
    captions(pathlib.Path(name))
logo()
