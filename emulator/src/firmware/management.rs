// SPDX-License-Identifier: GPL-2.0-only
//! MIBs (3.3.3, 3.8) and the parameters of BSS, queues and channel access.

use crate::breach::Rule;
use crate::bytes::{Builder, Reader, low16};
use crate::firmware::bss::Parameters;
use crate::firmware::{Env, Firmware, confirm, status};
use crate::wsm::mib::{self, Verdict};
use crate::wsm::slots::Received;

impl Firmware {
    /// 0x0006.
    pub(crate) fn write_mib(&mut self, message: &Received, env: &mut Env<'_>) {
        let code = match self.store_mib(message, env) {
            Ok(()) => status::SUCCESS,
            Err((rule, text)) => {
                env.journal.breach(rule, text);
                status::INVALID
            }
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }

    fn store_mib(&mut self, message: &Received, env: &mut Env<'_>) -> Result<(), (Rule, String)> {
        let mut reader = Reader::new(&message.body);
        let (mib, size) = (reader.u16().unwrap_or(0), reader.u16().unwrap_or(0));
        let value = reader.rest();
        let verdict = if usize::from(size) == value.len() {
            mib::check_write(mib, value.len())
        } else {
            Verdict::BadSize
        };
        match verdict {
            Verdict::Good => {}
            Verdict::Unknown => {
                let text = format!("a write of MIB 0x{mib:04X}");
                // Firmware takes what it does not know (10.2, 11).
                env.journal.breach(Rule::MibUnknown, text);
            }
            Verdict::BadSize => {
                let text = format!(
                    "MIB 0x{mib:04X}: size {size}, {} bytes of value",
                    value.len()
                );
                return Err((Rule::MibSize, text));
            }
        }
        let interface = message.id.interface();
        match mib {
            mib::TEMPLATE => self
                .templates
                .write(interface, value)
                .map_err(|text| (Rule::TemplateFields, text))?,
            mib::RATE_POLICY => self
                .policies
                .write(value)
                .map_err(|text| (Rule::PolicyFields, text))?,
            _ => {
                mib::check_value(mib, value).map_err(|text| (Rule::MibValue, text))?;
            }
        }
        self.mibs.write(interface, mib, value);
        if mib == mib::BLOCK_ACK_POLICY {
            self.block_ack_policy_changed();
        }
        Ok(())
    }

    /// 0x0005.
    pub(crate) fn read_mib(&mut self, message: &Received, env: &mut Env<'_>) {
        let mib = Reader::new(&message.body).u16().unwrap_or(0);
        let interface = message.id.interface();
        let value = match mib {
            mib::STATION_ID => Some(self.mac.0.to_vec()),
            mib::COUNTERS => Some(self.counters.encode()),
            mib::TSF => {
                let now = env.journal.now;
                let tsf = self.bss.as_ref().map_or(0, |bss| bss.tsf(now));
                Some(tsf.to_le_bytes().to_vec())
            }
            _ => self.mibs.written(interface, mib),
        };
        if value.is_none() {
            env.journal
                .breach(Rule::MibUnknown, format!("a read of MIB 0x{mib:04X}"));
        }
        let code = if value.is_some() {
            status::SUCCESS
        } else {
            status::INVALID
        };
        let value = value.unwrap_or_default();
        let body = Builder::new()
            .u32(code)
            .u16(mib)
            .u16(low16(value.len()))
            .bytes(&value);
        self.confirm_command(confirm::of(message.id, body.build()), env);
    }

    /// 0x0011.
    pub(crate) fn set_bss_params(&mut self, message: &Received, env: &mut Env<'_>) {
        let code = match Parameters::parse(&message.body) {
            Ok(parameters) => {
                let now = env.journal.now;
                if let Some(bss) = &mut self.bss {
                    bss.parameters = parameters;
                    bss.heard_at(now);
                    self.power.sent_at(now);
                    status::SUCCESS
                } else {
                    let text = "BSS parameters without a join";
                    env.journal.breach(Rule::BssFields, text);
                    status::INVALID
                }
            }
            Err(text) => {
                env.journal.breach(Rule::BssFields, text);
                status::INVALID
            }
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }

    /// 0x0013. Contention is the air's; the values are checked.
    pub(crate) fn set_edca(&mut self, message: &Received, env: &mut Env<'_>) {
        let mut reader = Reader::new(&message.body);
        let mut words = || [(); 4].map(|()| reader.u16().unwrap_or(0));
        let (least, most) = (words(), words());
        let spaces = reader.take(4).unwrap_or(&[]);
        let is_window = |window: &u16| window.wrapping_add(1).is_power_of_two();
        let good = least.iter().chain(&most).all(is_window)
            && least.iter().zip(&most).all(|(least, most)| least <= most)
            && spaces.iter().all(|space| (1..=15).contains(space));
        let code = if good {
            status::SUCCESS
        } else {
            let text = format!("windows {least:?} to {most:?}, spaces {spaces:?}");
            env.journal.breach(Rule::EdcaFields, text);
            status::INVALID
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }

    /// 0x0012.
    pub(crate) fn set_queue(&mut self, message: &Received, env: &mut Env<'_>) {
        let at = |offset: usize| message.body.get(offset).copied().unwrap_or(0);
        let code = if at(0) < 4 && at(2) < 2 && at(1) == 0 && at(3) == 0 {
            status::SUCCESS
        } else {
            let text = format!("queue {}, acknowledgement policy {}", at(0), at(2));
            env.journal.breach(Rule::QueueFields, text);
            status::INVALID
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }
}
