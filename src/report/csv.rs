//! Lines that a spreadsheet opens: fields as text, never a formula.

/// So that a spreadsheet reads UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Where the decimal sign is a comma, a spreadsheet takes semicolons between fields.
const SEPARATOR: char = ';';

/// Adds one line.
pub fn line(out: &mut String, fields: &[&str]) {
    for (n, field) in fields.iter().enumerate() {
        if n > 0 {
            out.push(SEPARATOR);
        }
        out.push_str(&guarded(field));
    }
    out.push_str("\r\n");
}

/// A field as text: quoted where it must be (RFC 4180), and never the beginning of a formula. A lone `-` is none.
fn guarded(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '@', '\t', '\r', '\n']) || (field.starts_with('-') && field != "-");
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([SEPARATOR, ',', '"', '\n', '\r', '\t']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_or_leaves_its_cell() {
        for (field, wanted) in [
            ("health", "health"),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("-", "-"),
            ("+47", "'+47"),
            ("\t=1", "\"'\t=1\""),
            ("a;b", "\"a;b\""),
            ("a,b", "\"a,b\""),
            ("=\"x\"", "\"'=\"\"x\"\"\""),
            ("<5", "<5"),
            ("blåbær.example", "blåbær.example"),
        ] {
            assert_eq!(guarded(field), wanted);
        }
    }
}
