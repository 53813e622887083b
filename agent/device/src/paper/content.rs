//! What a slip says, before anybody knows on which paper.

use pharmacy_protocol::term::Fen;

/// What a slip says, as texts; persons are masked.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub store_name: String,
    pub store: String,
    pub till: String,
    pub operator: Option<String>,
    /// Who reviewed its prescriptions.
    pub pharmacists: Vec<String>,
    /// When it was settled, to the second.
    pub settled_at: String,
    /// The till's own receipt number.
    pub receipt: Option<String>,
    pub fund: &'static str,
    pub holder: Option<String>,
    /// Who takes the medicine, where not the insured.
    pub patient: Option<String>,
    /// Who bought, where not the insured.
    pub buyer: Option<String>,
    pub items: Vec<Item>,
    pub total: Fen,
    /// What the insurance paid.
    pub insurance: Fen,
    /// What was paid in cash.
    pub cash: Fen,
    /// The platform's settlement id.
    pub settlement: String,
    pub sale: String,
    /// The log and the entry that hold the list.
    pub recorded: Option<(String, u64)>,
    /// The proof that they do, as the code's text.
    pub proof: Option<String>,
}

/// One line of what was bought.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Number on the till.
    pub number: u32,
    pub name: String,
    pub spec: String,
    pub lot: Option<String>,
    pub quantity: String,
    pub price: String,
    pub amount: Fen,
    /// Which money: a word.
    pub tender: &'static str,
    pub trace_codes: Vec<String>,
}
