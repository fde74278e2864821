"""What the scripts of this folder share: the number, where fixtures are kept, and LibreOffice."""

import pathlib
import struct
import subprocess
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent
# Its month is raised by 80: no person has it.
NUMBER = "01819012365"

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office", "text": "text", "table": "table", "style": "style", "meta": "meta", "form": "form",
        "draw": "drawing", "svg": "svg-compatible", "fo": "xsl-fo-compatible", "presentation": "presentation",
        "number": "datastyle",
    }.items()
) + ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:ooo="http://openoffice.org/2004/office"' \
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'

# Without pictures of the first page, and with formulas worked out.
PLAIN = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><item oor:path="/org.openoffice.Office.Common/Save/Document">
<prop oor:name="GenerateThumbnail" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop>
</item></oor:items>
"""

# Saves a document with a password, which only a macro can tell LibreOffice.
MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Lock" script:language="StarBasic">
Sub Save(source As String, target As String, filter As String, password As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  Dim how(1) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName" : how(0).Value = filter
  how(1).Name = "Password" : how(1).Value = password
  document = StarDesktop.loadComponentFromURL(ConvertToURL(source), "_blank", 0, hidden())
  document.storeToURL(ConvertToURL(target), how())
  document.close(True)
End Sub
</script:module>
"""
LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
  library:passwordprotected="false"><library:element library:name="Lock"/></library:library>
"""


def pixel():
    """A red PNG of one pixel."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    content = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def soffice(folder, settings, *arguments):
    """Runs LibreOffice with a profile of its own below `folder`."""
    user = folder / "profile/user"
    if settings and not user.exists():
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(settings)
    subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", *arguments], check=True,
                   timeout=120)


def converted(source, extension, to, settings=""):
    """What LibreOffice makes of `source` (flat OpenDocument); `to` is an extension, with a filter if need be."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        flat = folder / f"source.{extension}"
        flat.write_text(source, encoding="utf-8")
        soffice(folder, settings, "--convert-to", to, "--outdir", str(folder / "out"), str(flat))
        return (folder / "out" / f"source.{to.split(':')[0]}").read_bytes()


def locked(source, extension, filter, name, settings=""):
    """Writes `source` as the fixture `name` with the password `hemmelig`."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        flat = folder / f"source.{extension}"
        flat.write_text(source, encoding="utf-8")
        # The first start makes the profile.
        soffice(folder, settings, "--terminate_after_init")
        basic = folder / "profile/user/basic/Standard"
        basic.mkdir(parents=True, exist_ok=True)
        (basic / "Lock.xba").write_text(MACRO)
        (basic / "script.xlb").write_text(LIBRARY)
        soffice(folder, settings, f'macro:///Standard.Lock.Save("{flat}","{HERE / name}","{filter}","hemmelig")')
