//! Which Rust text may hand something to the assembler.
//!
//! Owns the look for the macros that do. The assembler reads the files that `.incbin` and `.include` name, and dep-info does
//! not tell of them; what text reaches it is not looked at, since macros may put it together.

use memchr::memmem;

/// The macros that hand text to the assembler.
const MACROS: &[&[u8]] = &[b"asm", b"global_asm", b"naked_asm"];

/// Whether one of the macros is named, be it in a comment.
pub fn is_named_in(text: &[u8]) -> bool {
    memmem::find_iter(text, "asm").any(|at| {
        let end = at + 3;
        let begin = text[..at].iter().rposition(|byte| !is_word(*byte)).map_or(0, |before| before + 1);
        text.get(end).is_none_or(|byte| !is_word(*byte)) && MACROS.contains(&&text[begin..end])
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_count() {
        for named in
            ["asm!(\"nop\")", "use core::arch::global_asm as g;", "x::naked_asm !{}", "asm", "r#asm!()"]
        {
            assert!(is_named_in(named.as_bytes()), "{named}");
        }
        for other in ["", "wasm", "asm_x!()", "my_asm!()", "asmé", "plasma", "llvm_asm2"] {
            assert!(!is_named_in(other.as_bytes()), "{other}");
        }
    }
}
