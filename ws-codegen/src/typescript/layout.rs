//! Types of TypeScript as text: on one line where they fit, else broken the way prettier would.

use super::expression::{Alternative, Comment, Element, Expression, Member, Role};
use super::jsdoc;

/// The column that lines do not pass if they can be broken.
const WIDTH: usize = 100;

/// What an expression stands in, which decides whether it needs parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Alone,
    Intersection,
    Array,
}

/// `start`, the expression, and `end`, where `start` ends before the space that usually follows it.
pub(super) fn statement(start: &str, expression: &Expression, end: &str, indent: &str) -> String {
    let used = start.chars().count() + 1 + end.chars().count();
    let text = fit(expression, indent, used, Place::Alone);
    let space = if text.starts_with('\n') { "" } else { " " };
    format!("{start}{space}{text}{end}")
}

/// A function's name, parameters and result.
pub(super) fn function(name: &str, parameters: &[&str], result: &str) -> String {
    let line = format!("{name}({}): {result}", parameters.join(", "));
    // Before it stands `export declare`, and after it `;` or ` {`.
    if line.chars().count() + "export declare ".len() + 2 <= WIDTH {
        return line;
    }
    let parameters: String = parameters
        .iter()
        .map(|parameter| format!("  {parameter},\n"))
        .collect();
    format!("{name}(\n{parameters}): {result}")
}

/// The lines of an object's members, each ended.
pub(super) fn members(members: &[Member], indent: &str) -> String {
    let mut text = String::new();
    for member in members {
        text.push_str(&comment(&member.comment, indent));
        let start = format!("{indent}{}:", member.name);
        text.push_str(&statement(&start, &member.value, ";\n", indent));
    }
    text
}

fn comment(comment: &Comment, indent: &str) -> String {
    jsdoc::comment(&comment.docs, &comment.tags, indent)
}

/// The expression on one line if it fits beside the `used` columns, else on as many as it needs.
fn fit(expression: &Expression, indent: &str, used: usize, place: Place) -> String {
    let mut line = Line::new(WIDTH.saturating_sub(used));
    match inline(expression, &mut line, place) {
        Ok(()) => line.text,
        Err(Breaks) => broken(expression, indent, place),
    }
}

fn needs_parentheses(expression: &Expression, place: Place) -> bool {
    match expression {
        Expression::Union(alternatives) => match alternatives.as_slice() {
            [alternative] => needs_parentheses(&alternative.value, place),
            _ => place > Place::Alone,
        },
        Expression::Intersection(parts) => match parts.as_slice() {
            [part] => needs_parentheses(part, place),
            _ => place > Place::Intersection,
        },
        _ => false,
    }
}

fn inline(expression: &Expression, line: &mut Line, place: Place) -> Result<(), Breaks> {
    if needs_parentheses(expression, place) {
        line.push("(")?;
        inline(expression, line, Place::Alone)?;
        return line.push(")");
    }
    match expression {
        Expression::Word(word) => line.push(word),
        Expression::Object(members) => {
            line.push("{ ")?;
            for (index, member) in members.iter().enumerate() {
                if !member.comment.is_empty() {
                    return Err(Breaks);
                }
                line.push(if index == 0 { "" } else { "; " })?;
                line.push(&member.name)?;
                line.push(": ")?;
                inline(&member.value, line, Place::Alone)?;
            }
            line.push(" }")
        }
        Expression::Union(alternatives) => {
            for (index, alternative) in alternatives.iter().enumerate() {
                if !alternative.comment.is_empty() {
                    return Err(Breaks);
                }
                line.push(if index == 0 { "" } else { " | " })?;
                inline(&alternative.value, line, place)?;
            }
            Ok(())
        }
        Expression::Intersection(parts) => {
            for (index, part) in parts.iter().enumerate() {
                line.push(if index == 0 { "" } else { " & " })?;
                inline(part, line, place.max(Place::Intersection))?;
            }
            Ok(())
        }
        Expression::Array(item) => {
            inline(item, line, Place::Array)?;
            line.push("[]")
        }
        Expression::Tuple(elements) => {
            line.push("[")?;
            for (index, element) in elements.iter().enumerate() {
                let (before, place, after) = around(element);
                line.push(if index == 0 { "" } else { ", " })?;
                line.push(before)?;
                inline(&element.value, line, place)?;
                line.push(after)?;
            }
            line.push("]")
        }
    }
}

fn broken(expression: &Expression, indent: &str, place: Place) -> String {
    if needs_parentheses(expression, place) {
        let inner = broken(expression, indent, Place::Alone);
        let end = if inner.starts_with('\n') {
            format!("\n{indent})")
        } else {
            ")".to_owned()
        };
        return format!("({inner}{end}");
    }
    let deeper = deeper(indent);
    match expression {
        Expression::Word(word) => word.clone(),
        Expression::Object(list) => format!("{{\n{}{indent}}}", members(list, &deeper)),
        Expression::Union(list) => list.iter().map(|it| alternative(it, &deeper)).collect(),
        Expression::Intersection(parts) => {
            let place = place.max(Place::Intersection);
            let parts: Vec<_> = parts
                .iter()
                .map(|part| fit(part, indent, indent.len(), place))
                .collect();
            parts.join(" & ")
        }
        Expression::Array(item) => format!("{}[]", broken(item, indent, Place::Array)),
        Expression::Tuple(elements) => {
            let mut text = "[\n".to_owned();
            for element in elements {
                let (before, place, after) = around(element);
                let value = fit(&element.value, &deeper, deeper.len() + 4, place);
                text.push_str(&format!("{deeper}{before}{value}{after},\n"));
            }
            text + indent + "]"
        }
    }
}

/// A line feed, and the alternative on lines of its own.
fn alternative(alternative: &Alternative, indent: &str) -> String {
    let comment = comment(&alternative.comment, indent);
    let value = fit(
        &alternative.value,
        &deeper(indent),
        indent.len() + 2,
        Place::Intersection,
    );
    format!("\n{comment}{indent}| {value}")
}

/// What stands around an element of a tuple.
fn around(element: &Element) -> (&'static str, Place, &'static str) {
    match element.role {
        Role::Required => ("", Place::Alone, ""),
        Role::Optional => ("", Place::Array, "?"),
        Role::Rest => ("...", Place::Array, "[]"),
    }
}

fn deeper(indent: &str) -> String {
    format!("{indent}  ")
}

/// A line under construction that gives up when it gets too long.
///
/// Trying a type on one line then costs no more than the line, however large the type is.
struct Line {
    text: String,
    left: usize,
}

/// The line would be too long, or something in it needs lines of its own.
struct Breaks;

impl Line {
    fn new(left: usize) -> Self {
        Line {
            text: String::new(),
            left,
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Breaks> {
        self.left = self.left.checked_sub(text.chars().count()).ok_or(Breaks)?;
        self.text.push_str(text);
        Ok(())
    }
}
