//! The forms: what each decision asks for, and what of it is missing.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Step, about, release, seen_now};
use crate::console::desk::texts::{DecideTexts, said};
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::documented::Field as Documented;
use crate::console::form::{Fields, Form};
use crate::console::texts::filled;
use crate::store::HeldMessage;

/// Characters of one field; an advice is one screen.
const LONGEST: usize = 500;

/// What was typed or chosen.
#[derive(Clone, Default)]
pub struct Typed {
    /// Of a release: its route; of a look: what it came to.
    pub choice: String,
    /// Id of an exception.
    pub code: String,
    pub reason: String,
    pub decision: String,
    /// A word of advice, and one's own.
    pub word: String,
    pub own_advice: String,
    /// What a code asks to be documented, by the words of its needs.
    pub documented: std::collections::BTreeMap<String, String>,
}

/// A field, and what is wrong with it.
pub type Fault = (&'static str, String);

#[derive(Template)]
#[template(path = "desk/decide.html")]
struct DecidePage<'v> {
    shell: Shell<'v>,
    texts: &'v DecideTexts,
    reference: String,
    back: String,
    action: String,
    title: &'v str,
    lead: Vec<String>,
    button: &'v str,
    /// Of the design system.
    color: &'static str,
    form: Form,
    seen: String,
    options: Vec<Choice>,
    options_label: &'v str,
    /// Some option leads to a page of its own.
    has_codes: bool,
    code: String,
    documented: Vec<Documented>,
    missing: &'v str,
    inputs: Vec<Input>,
    faults: Vec<Fault>,
}

/// One of several ways.
pub struct Choice {
    pub value: String,
    pub name: String,
    pub text: String,
    pub chosen: bool,
    /// It leads to a page of its own instead.
    pub href: Option<String>,
}

struct Input {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    long: bool,
    required: bool,
    choices: Vec<(String, String, bool)>,
    fault: Option<String>,
}

impl Typed {
    pub fn of_query(visit: &Visit) -> Self {
        let asked = |name: &str| visit.query.get(name).unwrap_or_default().to_owned();
        Typed { choice: asked("choice"), code: asked("code"), ..Typed::default() }
    }

    pub fn of_form(fields: &Fields) -> Self {
        let line = |name: &str| -> String {
            let plain = fields.get(name).unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c });
            plain.take(LONGEST).collect::<String>().trim().to_owned()
        };
        let documented =
            fields.pairs().filter_map(|(name, _)| Some((name.strip_prefix("need-")?.to_owned(), line(name))));
        Typed {
            choice: line("choice"),
            code: line("code"),
            reason: line("reason"),
            decision: line("decision"),
            word: line("word"),
            own_advice: line("own_advice"),
            documented: documented.filter(|(_, text)| !text.is_empty()).collect(),
        }
    }

    /// One's own words, or else the word that was chosen.
    pub fn advice(&self) -> Option<String> {
        [&self.own_advice, &self.word].into_iter().find(|text| !text.is_empty()).cloned()
    }
}

/// What is missing or will not do.
pub async fn faults(visit: &Visit, step: Step, open: &[HeldMessage], typed: &Typed) -> Result<Vec<Fault>, Closed> {
    let texts = &visit.texts()?.decide;
    let mut faults = Vec::new();
    let mut need = |missing: bool, name: &'static str, text: &String| {
        if missing {
            faults.push((name, text.clone()));
        }
    };
    need(needs_reason(step, typed) && typed.reason.is_empty(), "reason", &texts.no_reason);
    match step {
        Step::Keep => need(typed.decision.is_empty(), "decision", &texts.no_decision),
        Step::Look => need(!["confirm", "object"].contains(&typed.choice.as_str()), "choice", &texts.no_choice),
        Step::Return => {
            let known = typed.word.is_empty() || visit.words()?.advice.contains_key(&typed.word);
            need(!known, "word", &texts.no_choice);
        }
        Step::Release => {
            if let Some(fault) = release::fault(visit, open, typed).await? {
                faults.push(fault);
            }
        }
        Step::Approve | Step::FalseAlarm | Step::Discard | Step::Unkeep => {}
    }
    Ok(faults)
}

fn needs_reason(step: Step, typed: &Typed) -> bool {
    match step {
        Step::Release => false,
        Step::Look => typed.choice == "object",
        _ => true,
    }
}

pub async fn shown(
    visit: &Visit,
    step: Step,
    copies: &[HeldMessage],
    typed: &Typed,
    faults: &[Fault],
) -> Result<Response, Closed> {
    let texts = &visit.texts()?.decide;
    let own = texts.steps.get(step.word()).ok_or(Closed::Fault)?;
    let path = visit.mail_path(copies);
    let seen = seen_now(visit, copies);
    let open = step.copies(visit, copies).await?;
    let mut lead = vec![own.lead.clone()];
    if open.len() < copies.len() {
        lead.push(filled(&texts.some, &[("n", &open.len().to_string()), ("all", &copies.len().to_string())]));
    }
    let four_eyes = open.iter().any(|copy| copy.record.four_eyes);
    if four_eyes && matches!(step, Step::Release | Step::FalseAlarm) {
        lead.push(texts.two_persons.clone());
    }
    if let Some(request) = open.iter().find_map(|copy| copy.request.as_ref()).filter(|_| step == Step::Approve) {
        let (who, route) = (visit.who(&request.by).await?, release::route_text(visit, &request.route)?);
        lead.push(filled(&texts.agree_to, &[("who", &who), ("route", &route)]));
    }
    let (options, documented) = match step {
        Step::Release => release::options(visit, &open, typed, !faults.is_empty()).await?,
        Step::Look => (looks(texts, typed), Vec::new()),
        _ => (Vec::new(), Vec::new()),
    };
    let template = DecidePage {
        reference: copies.first().map_or_else(String::new, |copy| copy.reference.to_string()),
        back: format!("{}{path}", visit.prefix()),
        action: format!("{}{path}/{}", visit.prefix(), step.word()),
        title: &own.name,
        lead,
        button: &own.button,
        color: if matches!(step, Step::Discard) { "danger" } else { "accent" },
        form: visit.form(step.word(), about(copies, &seen).as_bytes()),
        seen,
        has_codes: options.iter().any(|option| option.href.is_some()),
        options,
        options_label: &own.options,
        code: if documented.is_empty() { String::new() } else { typed.code.clone() },
        missing: &visit.desk.pages.texts.of(visit.language).ok_or(Closed::Fault)?.exception.missing,
        inputs: inputs(visit, texts, step, typed, faults, documented.is_empty())?,
        documented,
        faults: faults.to_vec(),
        shell: visit.shell()?,
        texts,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(visit.page(status, &template))
}

fn looks(texts: &DecideTexts, typed: &Typed) -> Vec<Choice> {
    let choice = |word: &str| Choice {
        value: word.to_owned(),
        name: said(&texts.looks, word).to_owned(),
        text: String::new(),
        chosen: typed.choice == word,
        href: None,
    };
    vec![choice("confirm"), choice("object")]
}

/// `alone`: no code asks for a reason of its own.
fn inputs(
    visit: &Visit,
    texts: &DecideTexts,
    step: Step,
    typed: &Typed,
    faults: &[Fault],
    alone: bool,
) -> Result<Vec<Input>, Closed> {
    let fault = |name: &str| faults.iter().find(|(own, _)| *own == name).map(|(_, text)| text.clone());
    let input = |name: &'static str, (label, hint): (&String, &String), value: &String, long, required| Input {
        name,
        label: label.clone(),
        hint: hint.clone(),
        value: value.clone(),
        long,
        required,
        choices: Vec::new(),
        fault: fault(name),
    };
    let mut inputs = Vec::new();
    if step == Step::Return {
        let words = visit.words()?;
        let choices = words.advice.iter().map(|(word, text)| (word.clone(), text.clone(), typed.word == *word));
        let select = input("word", (&texts.advice, &texts.advice_hint), &typed.word, false, false);
        inputs.push(Input { choices: choices.collect(), ..select });
        inputs.push(input("own_advice", (&texts.own_advice, &texts.own_advice_hint), &typed.own_advice, true, false));
    }
    if step == Step::Keep {
        inputs.push(input("decision", (&texts.decision, &texts.decision_hint), &typed.decision, false, true));
    }
    if alone {
        let required = needs_reason(step, typed);
        inputs.push(input("reason", (&texts.reason, &texts.reason_hint), &typed.reason, true, required));
    }
    Ok(inputs)
}
