//! What the elements of office documents mean to a reader of their text.
//!
//! WordprocessingML, DrawingML and VML (ECMA-376 parts 1 and 4), PresentationML's and SpreadsheetML's
//! small texts, OpenDocument 1.3 part 3.

use super::xml::Element;

/// Which elements mean what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// WordprocessingML, DrawingML, VML: text stands in `t`.
    OfficeOpen,
    /// Text stands in the paragraph.
    OpenDocument,
    /// Somebody's own: text stands in elements and attributes.
    Custom,
}

impl Vocabulary {
    /// That of a part of an Office Open XML package.
    pub fn for_part(name: &str) -> Self {
        let folded = name.to_ascii_lowercase();
        match folded.strip_prefix("customxml/") {
            Some(item) if !item.starts_with("itemprops") => Vocabulary::Custom,
            _ => Vocabulary::OfficeOpen,
        }
    }

    pub fn role(self, element: &Element<'_>) -> Role {
        match self {
            Vocabulary::OfficeOpen => office_open(element.name()),
            Vocabulary::OpenDocument => open_document(element),
            Vocabulary::Custom => Role::Plain,
        }
    }

    /// Attributes of an element that hold text for people: name, and what it is.
    pub fn attributes(self, name: &str) -> &'static [(&'static str, &'static str)] {
        match self {
            Vocabulary::OfficeOpen => office_open_attributes(name),
            Vocabulary::OpenDocument => open_document_attributes(name),
            Vocabulary::Custom => &[],
        }
    }

    /// Attributes of an element that name a part or a relationship.
    pub fn references(self, name: &str) -> &'static [&'static str] {
        match (self, name) {
            (Vocabulary::OfficeOpen, "blip" | "wavAudioFile" | "media") => &["embed", "link"],
            (Vocabulary::OfficeOpen, "videoFile" | "audioFile" | "quickTimeFile") => &["link"],
            (
                Vocabulary::OfficeOpen,
                "imagedata" | "OLEObject" | "oleObj" | "chart" | "control" | "altChunk" | "hyperlink" | "hlinkClick"
                | "hlinkHover" | "subDoc",
            ) => &["id"],
            (Vocabulary::OfficeOpen, "relIds") => &["dm"],
            (Vocabulary::OpenDocument, "image" | "object" | "object-ole" | "plugin" | "applet" | "floating-frame") => {
                &["href"]
            }
            _ => &[],
        }
    }
}

/// What an element does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing: its text is a line, or goes with the paragraph it is in.
    Plain,
    Text,
    DeletedText,
    /// Code of a field: `HYPERLINK "mailto:…"`.
    Code,
    Paragraph,
    Table,
    Row,
    Cell,
    Deleted,
    Inserted,
    /// A text of its own.
    Side(&'static str),
    /// A page of a presentation or a drawing.
    Page,
    /// A change that is told apart from the text: what it deleted stands here, where it was is said there.
    Change,
    /// One text in several forms, of which programs show one.
    Alternates,
    Choice,
    Fallback,
    /// How the values that follow are shown, and a value.
    NumberFormat,
    Value,
    /// A file in base64.
    Binary,
    /// What a program keeps for a field, in base64.
    FieldData,
    /// Measures and settings, no text.
    Measure,
}

fn office_open(name: &str) -> Role {
    match name {
        "t" => Role::Text,
        // The text boxes of VML have paragraphs of HTML.
        "p" | "div" => Role::Paragraph,
        "tc" => Role::Cell,
        "tr" => Role::Row,
        "tbl" => Role::Table,
        "delText" => Role::DeletedText,
        "instrText" | "delInstrText" | "FieldCodes" => Role::Code,
        "fldData" => Role::FieldData,
        "del" | "moveFrom" => Role::Deleted,
        "ins" | "moveTo" => Role::Inserted,
        "txbxContent" | "textbox" => Role::Side("text box"),
        "footnote" => Role::Side("footnote"),
        "endnote" => Role::Side("endnote"),
        "comment" | "cm" => Role::Side("comment"),
        "AlternateContent" => Role::Alternates,
        "Choice" => Role::Choice,
        "Fallback" => Role::Fallback,
        "formatCode" => Role::NumberFormat,
        "v" => Role::Value,
        "tabs" | "tabLst" | "ClientData" => Role::Measure,
        "align" | "posOffset" | "pctWidth" | "pctHeight" | "pctPosHOffset" | "pctPosVOffset" => Role::Measure,
        "attrName" | "tableStyleId" | "from" | "to" | "LinkType" | "LockedField" => Role::Measure,
        // Where a pen went (InkML); what it drew is a picture beside it.
        "trace" => Role::Measure,
        _ => Role::Plain,
    }
}

fn open_document(element: &Element<'_>) -> Role {
    match element.name() {
        "p" | "h" => Role::Paragraph,
        "table" => Role::Table,
        "table-row" => Role::Row,
        "table-cell" | "covered-table-cell" => Role::Cell,
        "page" if element.is_of("draw") => Role::Page,
        "notes" => Role::Side("notes"),
        "note" if element.says("note-class", &["endnote"]) => Role::Side("endnote"),
        "note" => Role::Side("footnote"),
        "annotation" => Role::Side("comment"),
        "changed-region" => Role::Change,
        "tracked-changes" => Role::Side("deleted text"),
        "change-info" => Role::Side("author"),
        "text-box" => Role::Side("text box"),
        "title" | "desc" if element.is_of("svg") => Role::Side("alt text"),
        "help-message" | "error-message" => Role::Side("input help"),
        "header" | "header-left" | "header-first" if element.is_of("style") => Role::Side("header"),
        "footer" | "footer-left" | "footer-first" if element.is_of("style") => Role::Side("footer"),
        "header-decl" => Role::Side("header"),
        "footer-decl" | "date-time-decl" => Role::Side("footer"),
        "binary-data" => Role::Binary,
        "meta" if element.is_of("office") => Role::Side("properties"),
        "note-citation" | "config-item" => Role::Measure,
        "date" if element.is_of("dc") => Role::Measure,
        "date-string" | "creation-date" | "print-date" | "editing-cycles" | "editing-duration" | "generator"
            if element.is_of("meta") =>
        {
            Role::Measure
        }
        _ if element.is_of("number") => Role::Measure,
        _ => Role::Plain,
    }
}

fn office_open_attributes(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "docPr" | "cNvPr" => &[("descr", "alt text"), ("title", "alt text"), ("name", "name")],
        "imagedata" => &[("title", "alt text")],
        "shape" | "rect" | "roundrect" | "oval" | "line" | "polyline" | "group" => {
            &[("alt", "alt text"), ("title", "alt text")]
        }
        "tblCaption" | "tblDescription" => &[("val", "alt text")],
        "tblPr" => &[("descr", "alt text"), ("title", "alt text")],
        "textpath" => &[("string", "text box")],
        "fldSimple" => &[("instr", "field")],
        "hyperlink" => &[("tooltip", "link"), ("anchor", "link")],
        "hlinkClick" | "hlinkHover" => &[("tooltip", "link")],
        "docVar" => &[("name", "variable"), ("val", "variable")],
        "alias" | "tag" => &[("val", "form")],
        "listItem" => &[("displayText", "form"), ("value", "form")],
        "listEntry" | "default" | "helpText" | "statusText" => &[("val", "form")],
        "formControlPr" => &[("fmlaLink", "form"), ("val", "form")],
        "item" => &[("val", "form")],
        "dataBinding" => &[("xpath", "form")],
        // Values of controls, and what older versions of Word recognised.
        "ocxPr" => &[("value", "form")],
        "attr" => &[("val", "form")],
        "lvlText" => &[("val", "numbering")],
        "bookmarkStart" => &[("name", "bookmark")],
        "ins" | "del" | "moveFrom" | "moveTo" | "comment" => &[("author", "author")],
        "person" => &[("author", "author"), ("displayName", "author")],
        "cmAuthor" | "author" => &[("name", "author")],
        "sourceFileName" | "dataSource" => &[("val", "link")],
        // Of letters to many (ECMA-376 part 1, section 17.14).
        "query" | "connectString" | "udl" => &[("val", "connection")],
        "mailSubject" | "description" => &[("val", "form")],
        "userInfo" => &[("name", "author")],
        "tableColumn" => &[("totalsRowLabel", "table")],
        "dbPr" => &[("connection", "connection"), ("command", "connection")],
        "connection" => &[("name", "connection"), ("description", "connection"), ("sourceFile", "connection")],
        "webPr" => &[("url", "connection"), ("post", "connection")],
        "textPr" => &[("sourceFile", "connection")],
        // A pivot table's own names, and what a slicer offers (section 18.10, MS-XLSX section 2.6.68).
        "dataField" | "pivotField" | "calculatedItem" => &[("name", "pivot table"), ("subtotalCaption", "pivot table")],
        "slicer" => &[("caption", "slicer"), ("name", "slicer")],
        "custShow" | "section" => &[("name", "section")],
        "cSld" => &[("name", "name")],
        _ => &[],
    }
}

fn open_document_attributes(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "a" => &[("href", "link"), ("title", "link")],
        "section-source" | "table-source" | "cell-range-source" | "database-source-table" => &[("href", "link")],
        "frame" => &[("name", "name")],
        "table" => &[("name", "table name")],
        "bookmark" | "bookmark-start" | "reference-mark" | "reference-mark-start" => &[("name", "bookmark")],
        "section" => &[("name", "section")],
        "hidden-text" => &[("string-value", "field")],
        "conditional-text" => &[("string-value-if-true", "field"), ("string-value-if-false", "field")],
        "hidden-paragraph" | "hidden-section" => &[("condition", "field")],
        "user-field-decl" | "variable-set" | "variable-get" => &[("string-value", "field"), ("name", "field")],
        // Entries of an index that stand nowhere in the text, and what lists in the text offer.
        "alphabetical-index-mark" | "alphabetical-index-mark-start" | "toc-mark" | "user-index-mark" => {
            &[("string-value", "field"), ("key1", "field"), ("key2", "field")]
        }
        "label" => &[("value", "form")],
        "list-item" => &[("display-text", "form"), ("value", "form")],
        "content-control" => &[("alias", "form"), ("tag", "form")],
        "area-rectangle" | "area-circle" | "area-polygon" | "event-listener" => &[("href", "link")],
        "placeholder" | "text-input" => &[("description", "field")],
        "text" | "textarea" | "formatted-text" | "number" | "combobox" | "password" | "value-range"
        | "generic-control" | "file" | "time" => {
            &[("current-value", "form"), ("value", "form"), ("title", "form"), ("name", "form")]
        }
        "hidden" => &[("value", "form"), ("name", "form")],
        "option" | "item" | "button" | "fixed-text" | "checkbox" | "radio" | "frame-control" | "listbox"
        | "image-frame" => &[("label", "form"), ("value", "form"), ("title", "form"), ("name", "form")],
        "list-property" | "property" | "list-value" => &[("string-value", "form")],
        "help-message" | "error-message" => &[("title", "input help")],
        "content-validation" => &[("condition", "rule")],
        "condition" => &[("value", "rule")],
        "filter-condition" | "filter-set-item" => &[("value", "filter")],
        "named-range" | "named-expression" => &[("name", "defined name"), ("expression", "defined name")],
        "database-range" => &[("name", "defined name")],
        "data-pilot-member" | "data-pilot-group" | "data-pilot-group-member" | "data-pilot-field" => {
            &[("name", "pivot table")]
        }
        "data-pilot-field-reference" => &[("member-name", "pivot table")],
        "scenario" => &[("comment", "scenario")],
        "page" | "shape" => &[("name", "name")],
        "dde-source" | "dde-connection-decl" => &[("dde-item", "link"), ("dde-topic", "link")],
        "show" => &[("name", "name")],
        _ => &[],
    }
}
