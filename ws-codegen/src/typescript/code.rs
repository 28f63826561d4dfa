//! Expressions of the generated checks and codecs, and how they are laid out.

use std::collections::BTreeSet;

/// The column that lines do not pass if they can be broken.
const WIDTH: usize = 100;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::typescript) enum Code {
    /// A variable or a literal.
    Word(String),
    /// A function of the runtime's module that the file is made with.
    Kit(&'static str),
    /// `callee(a, b)`
    Call(Box<Code>, Vec<Code>),
    /// `(parameter) => body`
    Function(&'static str, Box<Code>),
    /// `a ?? b`: the first issue of several checks.
    First(Vec<Code>),
    /// `[a, b]`
    List(Vec<Code>),
    /// `{ a: b }`, with keys that are already quoted.
    Record(Vec<(String, Code)>),
}

impl Code {
    pub(super) fn word(word: impl Into<String>) -> Self {
        Code::Word(word.into())
    }

    /// A call of a function of that module.
    pub(super) fn kit(name: &'static str, arguments: impl IntoIterator<Item = Code>) -> Self {
        Code::Call(Box::new(Code::Kit(name)), arguments.into_iter().collect())
    }

    /// A function of `parameter`, which is a variable in `body`. `(it) => string(it)` is `string`.
    pub(super) fn function(parameter: &'static str, body: Code) -> Self {
        match body {
            Code::Call(callee, arguments) if arguments == [Code::word(parameter)] => *callee,
            body => Code::Function(parameter, Box::new(body)),
        }
    }

    /// The first issue of several checks.
    pub(super) fn first(mut checks: Vec<Code>) -> Self {
        match checks.len() {
            1 => checks.remove(0),
            _ => Code::First(checks),
        }
    }

    /// Adds the functions of that module that the expression uses.
    pub(super) fn imports(&self, names: &mut BTreeSet<&'static str>) {
        match self {
            Code::Word(_) => {}
            Code::Kit(name) => {
                names.insert(name);
            }
            Code::Call(callee, arguments) => {
                callee.imports(names);
                arguments
                    .iter()
                    .for_each(|argument| argument.imports(names));
            }
            Code::Function(_, body) => body.imports(names),
            Code::First(parts) | Code::List(parts) => {
                parts.iter().for_each(|part| part.imports(names));
            }
            Code::Record(entries) => entries.iter().for_each(|(_, value)| value.imports(names)),
        }
    }

    /// The expression after `used` columns of a line, followed by `after` more.
    pub(super) fn print(&self, indent: &str, used: usize, after: usize) -> String {
        let mut line = String::new();
        let left = WIDTH.saturating_sub(used + after);
        if self.inline(&mut line, left).is_some() {
            return line;
        }
        let deeper = format!("{indent}  ");
        match self {
            Code::Word(word) => word.clone(),
            Code::Kit(name) => (*name).to_owned(),
            Code::Call(callee, arguments) => {
                let start = callee.print(indent, used, 0) + "(";
                let used = used + start.chars().count();
                start + &broken_arguments(arguments, indent, used) + ")"
            }
            Code::Function(parameter, body) => {
                let body = body.print(&deeper, deeper.len(), after);
                format!("({parameter}) =>\n{deeper}{body}")
            }
            Code::First(parts) => {
                let part = |part: &Code| part.print(indent, indent.len(), " ??".len());
                let parts: Vec<_> = parts.iter().map(part).collect();
                parts.join(&format!(" ??\n{indent}"))
            }
            Code::List(items) => format!("[\n{}{indent}]", lines(items, &deeper)),
            Code::Record(entries) => {
                let mut text = "{\n".to_owned();
                for (key, value) in entries {
                    let start = format!("{deeper}{key}: ");
                    let value = value.print(&deeper, start.chars().count(), 1);
                    text.push_str(&format!("{start}{value},\n"));
                }
                text + indent + "}"
            }
        }
    }

    /// The expression after the `=` that ends `start`, with the space or the line feed before it.
    pub(super) fn print_assigned(&self, start: &str) -> String {
        let mut line = " ".to_owned();
        let left = WIDTH.saturating_sub(start.chars().count() + ";".len());
        match self.inline(&mut line, left) {
            Some(()) => line,
            None => format!("\n  {}", self.print("  ", "  ".len(), ";".len())),
        }
    }

    /// The expression after `return`, of a function whose body is indented once.
    pub(super) fn print_returned(&self) -> String {
        let text = self.print("  ", "  return ".len(), 1);
        match self {
            Code::First(_) if text.contains('\n') => {
                let text = self.print("    ", 4, 0);
                format!("(\n    {text}\n  )")
            }
            _ => text,
        }
    }

    /// The expression on one line of at most `left` columns.
    fn inline(&self, line: &mut String, left: usize) -> Option<()> {
        match self {
            Code::Word(word) => line.push_str(word),
            Code::Kit(name) => line.push_str(name),
            Code::Call(callee, arguments) => {
                callee.inline(line, left)?;
                line.push('(');
                inline_list(arguments, ", ", line, left)?;
                line.push(')');
            }
            Code::Function(parameter, body) => {
                line.push_str(&format!("({parameter}) => "));
                body.inline(line, left)?;
            }
            Code::First(parts) => inline_list(parts, " ?? ", line, left)?,
            Code::List(items) => {
                line.push('[');
                inline_list(items, ", ", line, left)?;
                line.push(']');
            }
            Code::Record(entries) if entries.is_empty() => line.push_str("{}"),
            // Records are tables, and read best with an entry on each line.
            Code::Record(_) => return None,
        }
        (line.len() <= left).then_some(())
    }
}

fn inline_list(parts: &[Code], between: &str, line: &mut String, left: usize) -> Option<()> {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            line.push_str(between);
        }
        part.inline(line, left)?;
    }
    Some(())
}

/// Arguments, and what closes the line: the last one begins on it when all others fit there, else each has its own line.
fn broken_arguments(arguments: &[Code], indent: &str, used: usize) -> String {
    if let Some((last, others)) = arguments.split_last() {
        let mut line = String::new();
        let mut left = WIDTH.saturating_sub(used);
        if let Code::Function(parameter, _) = last {
            left = left.saturating_sub(parameter.len() + "() =>".len());
        }
        let fits = inline_list(others, ", ", &mut line, left).is_some();
        if fits && !others.is_empty() {
            line.push_str(", ");
        }
        match last {
            Code::Function(parameter, body) if fits => {
                let deeper = format!("{indent}  ");
                let body = body.print(&deeper, deeper.len(), 1);
                return format!("{line}({parameter}) =>\n{deeper}{body},\n{indent}");
            }
            Code::List(_) | Code::Record(_) if fits => {
                return line + &last.print(indent, WIDTH, 0);
            }
            _ => {}
        }
    }
    let deeper = format!("{indent}  ");
    format!("\n{}{indent}", lines(arguments, &deeper))
}

fn lines(items: &[Code], indent: &str) -> String {
    let line = |item: &Code| format!("{indent}{},\n", item.print(indent, indent.len(), 1));
    items.iter().map(line).collect()
}

/// Names in braces, on one line or on a line each.
pub(super) fn import_list(names: &[String]) -> String {
    let line = format!("{{ {} }}", names.join(", "));
    if line.len() <= 60 {
        return line;
    }
    let lines: String = names.iter().map(|name| format!("  {name},\n")).collect();
    format!("{{\n{lines}}}")
}
