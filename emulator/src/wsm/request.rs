// SPDX-License-Identifier: GPL-2.0-only
//! Requests of the host (protocol 3.3): which exist, and how long they are.

use crate::breach::Rule;
use crate::wsm::id::{self, Id};

/// What the overview says about the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// Exactly so many bytes.
    Is(usize),
    /// At least so many.
    From(usize),
}

/// Body of a request, `None` for one that is not in the overview.
const fn body(kind: u16) -> Option<Body> {
    Some(match kind {
        0x0008 | 0x0019 | 0x001A => Body::Is(0),
        0x0005 | 0x000A | 0x000D | 0x0010 | 0x0016 | 0x0018 => Body::Is(4),
        0x0022..=0x0024 => Body::Is(4),
        0x001C => Body::Is(8),
        0x0011 | 0x0012 | 0x0029 => Body::Is(12),
        0x000C | 0x0013 => Body::Is(44),
        0x0017 => Body::Is(52),
        0x000B => Body::Is(60),
        0x0009 => Body::Is(856),
        0x0004 => Body::From(20 + 10),
        0x0006 | 0x001B | 0x0C27 => Body::From(4),
        0x0007 | 0x0C25 => Body::From(12),
        _ => return None,
    })
}

/// The rule that header and length of a message break, with a description.
pub fn defect(id: Id, body_bytes: &[u8]) -> Option<(Rule, String)> {
    let kind = id.kind();
    let class = kind & id::MCU_CLASS;
    if id.0 & 0x1000 != 0 || !matches!(class, 0 | id::MCU_CLASS) {
        return Some((Rule::MessageClass, format!("id 0x{:04X}", id.0)));
    }
    let interface = id.interface();
    let most = if id.is_mcu() { 0 } else { 2 };
    if interface > most {
        return Some((
            Rule::InterfaceId,
            format!("{} on interface {interface}", id.name()),
        ));
    }
    let len = body_bytes.len();
    let good = match body(kind) {
        None => return Some((Rule::RequestUnknown, format!("request 0x{kind:04X}"))),
        Some(Body::Is(exact)) => len == exact,
        Some(Body::From(least)) => len >= least,
    };
    if !good || !own_length_fits(kind, body_bytes) {
        return Some((
            Rule::RequestLength,
            format!("{} with a body of {len} bytes", id.name()),
        ));
    }
    None
}

/// Whether counts inside a body agree with its length.
fn own_length_fits(kind: u16, body: &[u8]) -> bool {
    let at = |offset: usize| body.get(offset).copied().map_or(0, usize::from);
    match kind {
        id::SCAN => body.len() == 12 + 16 * at(9) + 36 * at(10),
        id::RF_COMMAND => {
            let data = match at(0) {
                0 | 4 => 62,
                1 => 6,
                3 => 4,
                _ => 0,
            };
            body.len() == 4 + data
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::defect;
    use crate::breach::Rule;
    use crate::wsm::id::Id;

    fn rule(id: u16, body: &[u8]) -> Option<Rule> {
        defect(Id(id), body).map(|(rule, _)| rule)
    }

    #[test]
    fn accepts_the_worked_examples() {
        assert_eq!(rule(0x2046, &[0x24, 0x10, 4, 0, 1, 0, 0, 0]), None);
        assert_eq!(rule(0x0C27, &[3, 0, 0, 0, 5, 0, 0, 0]), None);
        assert_eq!(rule(0x0016, &[0x90, 0, 6, 0]), None);
    }

    #[test]
    fn refuses() {
        assert_eq!(rule(0x1006, &[0; 8]), Some(Rule::MessageClass));
        assert_eq!(rule(0x0406, &[0; 8]), Some(Rule::MessageClass));
        assert_eq!(rule(0x00C6, &[0; 8]), Some(Rule::InterfaceId));
        assert_eq!(rule(0x0C67, &[0; 8]), Some(Rule::InterfaceId));
        assert_eq!(rule(0x003E, &[]), Some(Rule::RequestUnknown));
        assert_eq!(rule(0x000A, &[]), Some(Rule::RequestLength));
        assert_eq!(
            rule(0x0007, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0]),
            Some(Rule::RequestLength)
        );
    }
}
