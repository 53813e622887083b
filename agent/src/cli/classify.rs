//! `classify`: the eligibility of a table of articles.
//!
//! ```csv
//! id,name,spec,approval_no,barcode            in: UTF-8 with or without mark, or GB18030
//! id,answer,category,reasons                  out: UTF-8, answer yes | no | review
//! ```
//! In scope: reading the table, weighing each row, writing the answers beside it in one step.
//! Out of scope: the weighing itself (`pharmacy_decision::eligibility`), codes and mappings, which a
//! table of articles does not have.
//!
//! A till's export is often not what it says: a row that cannot be read stops the run with its line,
//! since a table with rows silently missing would pass for a checked one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{fmt, fs, process};

use encoding_rs::GB18030;
use pharmacy_decision::eligibility::{
    Category, Eligibility, Finding, ItemEvidence, Lexicon, weigh,
};
use pharmacy_decision::verdict::EligibilityAnswer;

/// Longest table that is read, in bytes: some half a million articles.
pub const LONGEST_TABLE: u64 = 256 << 20;

const COLUMNS: [&str; 5] = ["id", "name", "spec", "approval_no", "barcode"];

/// How many articles were answered how.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClassifySummary {
    /// Articles that the insurance may pay.
    pub yes: usize,
    /// Articles that it may not pay.
    pub no: usize,
    /// Articles that a person must look at.
    pub review: usize,
    /// Articles whose sources disagree, among all of them.
    pub disagreeing: usize,
    pub categories: BTreeMap<&'static str, usize>,
}

impl ClassifySummary {
    pub fn rows(&self) -> usize {
        self.yes.saturating_add(self.no).saturating_add(self.review)
    }

    fn count(&mut self, eligibility: &Eligibility) {
        let answered = match eligibility.answer {
            EligibilityAnswer::NotPayable => &mut self.no,
            EligibilityAnswer::Payable => &mut self.yes,
            EligibilityAnswer::Review => &mut self.review,
        };
        *answered = answered.saturating_add(1);
        let is_disagreement = |finding: &Finding| finding.code == "sources.disagree";
        let disagreeing = eligibility.findings.iter().any(is_disagreement);
        self.disagreeing = self.disagreeing.saturating_add(usize::from(disagreeing));
        let category: Category = eligibility.category;
        let categories = self.categories.entry(category.name()).or_default();
        *categories = categories.saturating_add(1);
    }
}

/// Why a table was not classified. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    /// A column of the heading is missing.
    #[error("column `{column}` is missing from the heading")]
    ColumnMissing { column: &'static str },
    /// A column stands twice in the heading.
    #[error("column `{column}` stands twice in the heading")]
    ColumnRepeated { column: &'static str },
    /// Neither UTF-8 nor GB18030.
    #[error("table is neither UTF-8 nor GB18030 from line {line} on")]
    Encoding {
        /// The first line that cannot be read.
        line: u64,
    },
    /// The table could not be read from disk.
    #[error("could not read the table")]
    Read {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A row has another number of fields than the heading.
    #[error("line {line} has {found} fields, the heading has {expected}")]
    Row {
        /// The line, from 1.
        line: u64,
        found: u64,
        /// Fields of the heading.
        expected: u64,
    },
    /// In and out are the same file.
    #[error("input and output are the same file")]
    SameFile,
    /// The table is longer than [`LONGEST_TABLE`].
    #[error("table is longer than {LONGEST_TABLE} bytes")]
    TooLong,
    /// A row cannot be read as CSV.
    #[error("line {line} cannot be read as CSV")]
    Unreadable {
        /// The line, from 1.
        line: u64,
    },
    /// The answers could not be written.
    #[error("could not write the answers")]
    Write {
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ClassifyError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::ColumnMissing { .. } => "classify.column-missing",
            Self::ColumnRepeated { .. } => "classify.column-repeated",
            Self::Encoding { .. } => "classify.encoding",
            Self::Read { .. } => "classify.read",
            Self::Row { .. } => "classify.row",
            Self::SameFile => "classify.same-file",
            Self::TooLong => "classify.too-long",
            Self::Unreadable { .. } => "classify.unreadable",
            Self::Write { .. } => "classify.write",
        }
    }
}

/// Classifies the table at `input` and writes the answers to `output`, all of them or none.
pub fn run(
    input: &Path,
    output: &Path,
    lexicon: &Lexicon,
) -> Result<ClassifySummary, ClassifyError> {
    if is_same_file(input, output) {
        return Err(ClassifyError::SameFile);
    }
    let bytes = read(input)?;
    let table = decode(&bytes)?;
    let (answers, summary) = classify(&table, lexicon)?;
    write_whole(output, &answers).map_err(|source| ClassifyError::Write { source })?;
    Ok(summary)
}

fn is_same_file(input: &Path, output: &Path) -> bool {
    match (fs::canonicalize(input), fs::canonicalize(output)) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ClassifyError> {
    let length = fs::metadata(path)
        .map_err(|source| ClassifyError::Read { source })?
        .len();
    if length > LONGEST_TABLE {
        return Err(ClassifyError::TooLong);
    }
    fs::read(path).map_err(|source| ClassifyError::Read { source })
}

/// UTF-8 first: valid UTF-8 with Chinese in it is never meant as GB18030.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ClassifyError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| ClassifyError::Encoding {
            line: line_without_gb18030(bytes),
        })
}

/// The first line that is not GB18030 by itself. No byte of a longer character is a line feed.
fn line_without_gb18030(bytes: &[u8]) -> u64 {
    (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .find(|(_, line)| {
            GB18030
                .decode_without_bom_handling_and_without_replacement(line)
                .is_none()
        })
        .map_or(1, |(number, _)| number)
}

/// Where each column stands in the rows.
struct Columns([usize; COLUMNS.len()]);

impl Columns {
    fn find(heading: &csv::StringRecord) -> Result<Self, ClassifyError> {
        let mut places = [0; COLUMNS.len()];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let mut found = (0..).zip(heading).filter(|(_, name)| name.trim() == column);
            let (first, _) = found
                .next()
                .ok_or(ClassifyError::ColumnMissing { column })?;
            if found.next().is_some() {
                return Err(ClassifyError::ColumnRepeated { column });
            }
            *place = first;
        }
        Ok(Self(places))
    }

    fn of<'a>(&self, row: &'a csv::StringRecord) -> [&'a str; COLUMNS.len()] {
        self.0.map(|place| row.get(place).unwrap_or(""))
    }
}

fn classify(table: &str, lexicon: &Lexicon) -> Result<(Vec<u8>, ClassifySummary), ClassifyError> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let heading = reader.headers().map_err(|error| row_error(&error))?;
    let columns = Columns::find(heading)?;
    let mut summary = ClassifySummary::default();
    let mut answers = csv::Writer::from_writer(Vec::new());
    let written = |result: csv::Result<()>| {
        result.map_err(|error| ClassifyError::Write {
            source: io::Error::other(error),
        })
    };
    written(answers.write_record(["id", "answer", "category", "reasons"]))?;
    for row in reader.records() {
        let row = row.map_err(|error| row_error(&error))?;
        let [id, name, spec, approval, barcode] = columns.of(&row);
        let item = ItemEvidence {
            name,
            spec,
            approval,
            barcode,
            ..ItemEvidence::default()
        };
        let eligibility = weigh(&item, lexicon);
        summary.count(&eligibility);
        let answer = answer_word(eligibility.answer);
        let reasons = Reasons(&eligibility.findings).to_string();
        written(answers.write_record([id, answer, eligibility.category.name(), &reasons]))?;
    }
    let answers = answers.into_inner().map_err(|error| ClassifyError::Write {
        source: error.into_error(),
    })?;
    Ok((answers, summary))
}

fn answer_word(answer: EligibilityAnswer) -> &'static str {
    match answer {
        EligibilityAnswer::NotPayable => "no",
        EligibilityAnswer::Payable => "yes",
        EligibilityAnswer::Review => "review",
    }
}

fn row_error(error: &csv::Error) -> ClassifyError {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => ClassifyError::Row {
            line,
            found: *len,
            expected: *expected_len,
        },
        _ => ClassifyError::Unreadable { line },
    }
}

/// Findings in one cell: `approval.drug 国药准字H20040317; name.drug 沙坦`.
struct Reasons<'a>(&'a [Finding]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let space = if finding.seen.is_empty() { "" } else { " " };
            write!(f, "{separator}{}{space}{}", finding.code, finding.seen)?;
        }
        Ok(())
    }
}

/// Writes a file beside `path` and puts it in its place: a reader sees the old table or the whole
/// new one, and a full disk leaves the old one.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let result = write_synced(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if result.is_err() {
        // The first error is the one to tell; a left-over file harms nobody.
        let _ = fs::remove_file(&beside);
    }
    result
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.part", process::id()));
    Ok(path.with_file_name(beside))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon::parse(include_str!("../../../config/rules/lexicon.csv")).unwrap()
    }

    /// The answers to `table`, run through files.
    fn classified(table: &[u8]) -> Result<(String, ClassifySummary), ClassifyError> {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
        fs::write(&input, table).unwrap();
        let result = run(&input, &output, &lexicon());
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), if result.is_ok() { 2 } else { 1 }, "{left:?}");
        let summary = result?;
        Ok((fs::read_to_string(output).unwrap(), summary))
    }

    const TABLE: &str = "id,name,spec,approval_no,barcode,shelf\n\
        1,缬沙坦胶囊,80mg*7粒,国药准字H20040217,,A1\n\
        2,\"牙刷,软毛\",,,6922052685858,B2\n\
        3,\"胃动力\",,,,\n";

    #[test]
    fn answers_every_row_in_order() {
        let (answers, summary) = classified(TABLE.as_bytes()).unwrap();
        let lines: Vec<&str> = answers.lines().collect();
        assert_eq!(lines[0], "id,answer,category,reasons");
        assert!(lines[1].starts_with("1,yes,drug,approval.drug 国药准字H20040217; name.drug "));
        assert!(lines[2].starts_with("2,no,daily_goods,"), "{}", lines[2]);
        assert!(lines[3].starts_with("3,review,unknown,"), "{}", lines[3]);
        assert_eq!((summary.yes, summary.no, summary.review), (1, 1, 1));
        assert_eq!(summary.rows(), 3);
        assert_eq!(summary.categories["drug"], 1);
    }

    #[test]
    fn reads_marks_gb18030_and_any_order_of_columns() {
        let (expected, _) = classified(TABLE.as_bytes()).unwrap();
        let marked = [b"\xef\xbb\xbf", TABLE.as_bytes()].concat();
        assert_eq!(classified(&marked).unwrap().0, expected);
        let (encoded, _, _) = GB18030.encode(TABLE);
        assert_eq!(classified(&encoded).unwrap().0, expected);
        let turned = "barcode,approval_no,spec,name,id\r\n,国药准字H20040217,,缬沙坦胶囊,1\r\n";
        let (answers, _) = classified(turned.as_bytes()).unwrap();
        assert!(answers.contains("1,yes,drug,"), "{answers}");
    }

    #[test]
    fn refuses_what_it_cannot_read_and_says_where() {
        for (table, code, line) in [
            (
                &b"id,name,spec,barcode\n1,a,b,c\n"[..],
                "classify.column-missing",
                None,
            ),
            (
                b"id,name,spec,approval_no,barcode,id\n",
                "classify.column-repeated",
                None,
            ),
            (b"", "classify.column-missing", None),
            (
                b"id,name,spec,approval_no,barcode\n1,a,,,\n2,a,,\n",
                "classify.row",
                Some("3"),
            ),
            (
                b"id,name,spec,approval_no,barcode\n1,\xff\xff,,,\n",
                "classify.encoding",
                Some("2"),
            ),
        ] {
            let error = classified(table).unwrap_err();
            assert_eq!(error.code(), code);
            if let Some(line) = line {
                assert!(error.to_string().contains(line), "{error}");
            }
        }
    }

    #[test]
    fn a_failed_run_leaves_the_old_answers() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
        fs::write(&input, "id,name\n").unwrap();
        fs::write(&output, "old").unwrap();
        assert!(run(&input, &output, &lexicon()).is_err());
        assert_eq!(fs::read_to_string(&output).unwrap(), "old");
        fs::write(&input, TABLE).unwrap();
        run(&input, &output, &lexicon()).unwrap();
        assert!(
            fs::read_to_string(&output)
                .unwrap()
                .starts_with("id,answer")
        );
    }

    #[test]
    fn never_overwrites_its_own_input() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        fs::write(&input, TABLE).unwrap();
        let error = run(&input, &input, &lexicon()).unwrap_err();
        assert_eq!(error.code(), "classify.same-file");
        assert_eq!(fs::read_to_string(&input).unwrap(), TABLE);
    }

    #[test]
    fn a_folder_that_is_not_there_is_the_environments_fault() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        let missing = folder.path().join("none").join("out.csv");
        assert_eq!(
            run(&input, &missing, &lexicon()).unwrap_err().code(),
            "classify.read"
        );
        fs::write(&input, TABLE).unwrap();
        assert_eq!(
            run(&input, &missing, &lexicon()).unwrap_err().code(),
            "classify.write"
        );
    }
}
