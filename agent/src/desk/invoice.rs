//! Invoices that a till reports, against the purchase list (R21).
