//! How generated sources name each other.

use super::OutputFile;

/// How TypeScript sources name the files that they import from each other. Tools differ in what they find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ImportExtension {
    /// `"./chat.js"`, the file that the compiler produces from `chat.ts`. This is the default, because `tsc` requires
    /// it in ES modules.
    #[default]
    Js,
    /// `"./chat.ts"`, the file that exists, for tools that run TypeScript without compiling it. `tsc` needs
    /// `allowImportingTsExtensions` or `rewriteRelativeImportExtensions` for it.
    Ts,
    /// `"./chat"`, for bundlers and test runners that resolve the file themselves.
    None,
}

impl ImportExtension {
    /// What follows the name of a module.
    fn suffix(self) -> &'static str {
        match self {
            ImportExtension::Js => ".js",
            ImportExtension::Ts => ".ts",
            ImportExtension::None => "",
        }
    }
}

/// How a line with an import ends where it names a file of the compiler.
const COMPILED: &str = ".js\";\n";

/// Renames what sources import. They are made, and the runtime is written, with the names that [`ImportExtension::Js`] gives.
pub(super) fn rename(files: &mut [OutputFile], extension: ImportExtension) {
    if extension == ImportExtension::Js {
        return;
    }
    for file in files {
        let lines = file.contents.split_inclusive('\n');
        file.contents = lines.map(|line| renamed(line, extension)).collect();
    }
}

/// The line with another name in it, if it imports something. Comments begin otherwise, and in strings quotes are escaped.
fn renamed(line: &str, extension: ImportExtension) -> String {
    let imports = ["import ", "export ", "} from "];
    let imports = imports.iter().any(|start| line.starts_with(start)) && line.contains("from \"./");
    match line.strip_suffix(COMPILED).filter(|_| imports) {
        Some(start) => format!("{start}{}\";\n", extension.suffix()),
        None => line.to_owned(),
    }
}
