//! The generated folder on disk: what is there, what should be, and how to get from one to the other.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use similar::TextDiff;
use ws_codegen::{MARKER, OutputFile};

/// How long two versions of one file are compared before the diff may be longer than necessary.
const DIFF_TIME: Duration = Duration::from_secs(1);

/// Why the folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "{} is in the way: ws-codegen did not write it, and does not overwrite it\n  \
         help: choose another directory with `--out`, or remove the file",
        path.display()
    )]
    Foreign { path: PathBuf },
}

/// What has to change in a folder. Making a plan writes nothing.
#[derive(Debug)]
pub(crate) struct Plan {
    changes: Vec<Change>,
    unchanged: usize,
}

/// A file that is not as it should be.
#[derive(Debug)]
struct Change {
    path: PathBuf,
    /// What is there.
    before: Option<String>,
    /// What should be there.
    after: Option<String>,
}

impl Plan {
    /// Compares the folder with the files that it should hold.
    pub(crate) fn new(folder: &Path, files: Vec<OutputFile>) -> Result<Self, OutputError> {
        let mut plan = Plan {
            changes: Vec::new(),
            unchanged: 0,
        };
        let origins: BTreeSet<String> = files
            .iter()
            .filter_map(|file| origin(&file.contents))
            .map(str::to_owned)
            .collect();
        let wanted: BTreeSet<PathBuf> = files.iter().map(|file| folder.join(&file.path)).collect();
        for file in files {
            plan.compare(folder.join(&file.path), file.contents)?;
        }
        plan.find_leftovers(folder, &wanted, &origins)?;
        Ok(plan)
    }

    fn compare(&mut self, path: PathBuf, wanted: String) -> Result<(), OutputError> {
        let before = match fs::read(&path) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(OutputError::Read { path, source }),
        };
        match before {
            Some(before) if is_same(&before, &wanted) => self.unchanged += 1,
            Some(before) if origin(&before).is_none() => return Err(OutputError::Foreign { path }),
            before => self.changes.push(Change {
                path,
                before,
                after: Some(wanted),
            }),
        }
        Ok(())
    }

    /// Finds files of earlier runs that are not wanted any more.
    ///
    /// A folder may hold the clients of several contracts: files of others are left alone, and then also those of the
    /// runtime, which they may need.
    fn find_leftovers(
        &mut self,
        folder: &Path,
        wanted: &BTreeSet<PathBuf>,
        origins: &BTreeSet<String>,
    ) -> Result<(), OutputError> {
        let modules = generated(folder)?;
        let shared = modules
            .iter()
            .any(|(_, contents)| origin(contents).is_some_and(|origin| !origins.contains(origin)));
        let runtime = if shared {
            Vec::new()
        } else {
            generated(&folder.join("runtime"))?
        };
        for (path, contents) in modules.into_iter().chain(runtime) {
            let ours = origin(&contents).is_some_and(|origin| origins.contains(origin));
            if ours && !wanted.contains(&path) {
                self.changes.push(Change {
                    path,
                    before: Some(contents),
                    after: None,
                });
            }
        }
        Ok(())
    }

    /// Whether the folder is as it should be.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many files are written, left alone and removed.
    pub(crate) fn summary(&self) -> String {
        let written = self
            .changes
            .iter()
            .filter(|change| change.after.is_some())
            .count();
        let mut summary = format!("{written} written, {} unchanged", self.unchanged);
        match self.changes.len() - written {
            0 => {}
            removed => summary.push_str(&format!(", {removed} removed")),
        }
        summary
    }

    /// All changes as one unified diff.
    pub(crate) fn diff(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            let path = change.path.display().to_string();
            let name = |side: &Option<String>| match side {
                Some(_) => path.clone(),
                None => "/dev/null".to_owned(),
            };
            let (before, after) = (name(&change.before), name(&change.after));
            let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(
                change.before.as_deref().unwrap_or(""),
                change.after.as_deref().unwrap_or(""),
            );
            text.push_str(&diff.unified_diff().header(&before, &after).to_string());
        }
        text
    }

    /// Writes the files. Each of them is replaced as a whole or not at all.
    pub(crate) fn apply(&self) -> Result<(), OutputError> {
        for change in &self.changes {
            let outcome = match &change.after {
                Some(contents) => replace(&change.path, contents),
                None => fs::remove_file(&change.path),
            };
            outcome.map_err(|source| OutputError::Write {
                path: change.path.clone(),
                source,
            })?;
        }
        Ok(())
    }
}

/// Where a generated file came from, as its first line says; `None` for files of others.
fn origin(contents: &str) -> Option<&str> {
    let line = contents.lines().next()?.strip_prefix(MARKER)?;
    let end = line.find(" (").or_else(|| line.find(". Do not edit."))?;
    line.get(..end)
}

/// Whether two texts differ in nothing but the line ends that git may have made of them.
fn is_same(one: &str, other: &str) -> bool {
    one == other || one.replace("\r\n", "\n") == other
}

/// The generated files of a folder, which may not exist; not those of folders in it.
fn generated(folder: &Path) -> Result<Vec<(PathBuf, String)>, OutputError> {
    let failed = |source| OutputError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let is_code = path
            .extension()
            .is_some_and(|end| end == "ts" || end == "js");
        if !is_code || !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).map_err(|source| OutputError::Read {
            path: path.clone(),
            source,
        })?;
        let contents = String::from_utf8_lossy(&bytes).into_owned();
        if origin(&contents).is_some() {
            files.push((path, contents));
        }
    }
    files.sort();
    Ok(files)
}

/// Puts the contents in the place of the file in one step, so that nobody ever reads half of them.
fn replace(path: &Path, contents: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.tmp", std::process::id()));
    let draft = PathBuf::from(draft);
    fs::write(&draft, contents)
        .and_then(|()| fs::rename(&draft, path))
        .inspect_err(|_| {
            // The first failure is the one to report.
            let _ = fs::remove_file(&draft);
        })
}
