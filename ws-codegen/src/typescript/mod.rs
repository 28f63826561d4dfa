//! From the model to TypeScript text.
//!
//! It knows nothing of JSON Schema and writes no files. `module` prints a contract's module, `types` the types in it;
//! `runtime` holds the part that is the same for every contract.

mod brands;
mod code;
mod codecs;
mod expression;
mod fixed;
mod form;
mod header;
mod identifiers;
mod imports;
mod jsdoc;
mod layout;
mod module;
mod names;
mod objects;
mod quote;
mod runtime;
mod tags;
mod types;
mod validators;

use crate::contract;
use crate::error::ContractError;
use crate::lower;

pub use header::MARKER;
pub use imports::ImportExtension;

/// Which kind of files a TypeScript client consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Emit {
    /// TypeScript sources (`.ts`), for projects that compile or bundle TypeScript. This is the default.
    #[default]
    Ts,
    /// Plain ES modules with type declarations (`.js` and `.d.ts`), for pages without a build step.
    Js,
}

/// Options of the generator for TypeScript clients.
#[derive(Debug, Clone)]
#[must_use]
pub struct Options {
    emit: Emit,
    import_extension: ImportExtension,
    brands: bool,
    codecs: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            emit: Emit::default(),
            import_extension: ImportExtension::default(),
            brands: true,
            codecs: true,
        }
    }
}

impl Options {
    /// Sets which files are generated. The default is [`Emit::Ts`].
    pub fn with_emit(mut self, emit: Emit) -> Self {
        self.emit = emit;
        self
    }

    /// Sets how the sources of [`Emit::Ts`] name the files that they import from each other. The default is
    /// [`ImportExtension::Js`].
    ///
    /// It does not affect the modules of [`Emit::Js`], which always use the names of the files as they are.
    pub fn with_import_extension(mut self, extension: ImportExtension) -> Self {
        self.import_extension = extension;
        self
    }

    /// Sets whether newtypes of strings and numbers, such as `struct RoomId(String)`, and UUIDs become distinct types
    /// that cannot be mixed up. The default is `true`.
    ///
    /// `RoomId("…")` makes such a value from a string. With `false`, they are aliases of `string` and `number`.
    pub fn with_brands(mut self, brands: bool) -> Self {
        self.brands = brands;
        self
    }

    /// Sets whether the client converts values that are strings on the wire to the types that the contract asks for:
    /// `bigint`, `Date`, `Uint8Array`. The default is `true`.
    ///
    /// With `false`, they are strings in the client, too.
    pub fn with_codecs(mut self, codecs: bool) -> Self {
        self.codecs = codecs;
        self
    }
}

/// A file of the generated directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The path within the directory: one or two names of ASCII letters, digits, `-`, `_` and `.`, joined by `/`.
    pub path: String,
    /// The whole text, which ends with a line feed.
    pub contents: String,
}

/// Generates a TypeScript client from the text of a contract file.
///
/// The same text produces the same files, byte for byte: they contain no date, no version and no path. The files are
/// sorted by path.
///
/// # Errors
///
/// Returns an error if the text is not a contract file, or if it contains types that TypeScript cannot represent. All
/// problems of the file are reported at once.
///
/// # Example
///
/// ```
/// let contract = r##"{
///   "x-ws-contract": {
///     "format": 1, "name": "chat", "hash": "00112233445566778899aabbccddeeff",
///     "events": [{ "name": "chats.msg", "from": "server", "payload": { "$ref": "#/$defs/ChatMsg" } }]
///   },
///   "$defs": {
///     "ChatMsg": { "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"] }
///   }
/// }"##;
/// let files = ws_codegen::typescript(contract, &ws_codegen::Options::default())?;
/// let module = files.iter().find(|file| file.path == "chat.ts").expect("the contract's module");
/// assert!(module.contents.contains("export interface ChatMsg {\n  text: string;\n}"));
/// # Ok::<(), ws_codegen::ContractError>(())
/// ```
pub fn typescript(contract: &str, options: &Options) -> Result<Vec<OutputFile>, ContractError> {
    let document = contract::parse(contract)?;
    let contract = contract::check(&document)?;
    let model = lower::lower(&contract)?;
    let names = names::Names::assign(&model, options)?;
    let codecs = codecs::plan(&model, &names)?;
    let mut files = module::files(&model, &names, &codecs, options.emit);
    files.extend(codecs::files(&model, &codecs, options.emit));
    files.extend(validators::files(&model, &names, &codecs, options.emit));
    files.extend(runtime::files(options.emit));
    if options.emit == Emit::Ts {
        imports::rename(&mut files, options.import_extension);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// The name that a generated client gives to the validator of something that an event carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorName {
    /// The name of the event.
    pub event: String,
    /// The side that sends the event: `client` or `server`.
    pub from: &'static str,
    /// The part that is validated: the event's `payload`, `reply` or `error`.
    pub part: &'static str,
    /// The name of the constant that `<name>.validators` exports.
    pub constant: String,
    /// The type of what is validated, in terms of the tables that `<name>` exports.
    pub validated: String,
}

/// Returns the names of the validators that [`typescript`] generates for a contract, in the order in which they are
/// exported.
///
/// # Errors
///
/// Returns the same errors as [`typescript`].
pub fn validators(contract: &str, options: &Options) -> Result<Vec<ValidatorName>, ContractError> {
    let document = contract::parse(contract)?;
    let contract = contract::check(&document)?;
    let model = lower::lower(&contract)?;
    let names = names::Names::assign(&model, options)?;
    Ok(validators::names(&model, &names))
}
