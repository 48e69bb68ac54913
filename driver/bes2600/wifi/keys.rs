// SPDX-License-Identifier: GPL-2.0-only

//! Keys: the firmware encrypts, decrypts and checks replays with them.

use super::{
    super::{
        failure::CommandError,
        logic::wsm::{
            key::{
                AddKey,
                Cipher,
                Key,
                RemoveKey,
                Scope, //
            },
            mib::{
                pmf,
                ProtectedManagement,
                WepDefaultKey, //
            }, //
        }, //
    },
    Wifi, //
};
use kernel::{
    net::{
        ieee80211,
        mac80211::{
            self,
            KeyFlags,
            Locked,
            Sta,
            Vif, //
        }, //
    },
    prelude::*,
    time::Delta, //
};

/// Time frames on their way may take before their key goes.
const DRAIN_LIMIT: Delta = Delta::from_millis(200);

/// The firmware's cipher for mac80211's; `None` when it lacks it.
fn cipher_of(cipher: ieee80211::Cipher) -> Option<Cipher> {
    const CIPHERS: [(ieee80211::Cipher, Cipher); 5] = [
        (ieee80211::Cipher::WEP40, Cipher::Wep40),
        (ieee80211::Cipher::WEP104, Cipher::Wep104),
        (ieee80211::Cipher::TKIP, Cipher::Tkip),
        (ieee80211::Cipher::CCMP, Cipher::Ccmp),
        (ieee80211::Cipher::AES_CMAC, Cipher::BipCmac),
    ];
    CIPHERS
        .iter()
        .find(|(theirs, _)| *theirs == cipher)
        .map(|(_, ours)| *ours)
}

impl Wifi {
    /// Hands a key to the firmware. A cipher it lacks is `EOPNOTSUPP`, which mac80211 expects.
    ///
    /// A connection whose key the firmware refuses could not go on: its frames would be dropped for
    /// want of a key. It is reported lost, so that it is made anew.
    pub(crate) fn add_key(
        &self,
        vif: &Vif<Self, Locked>,
        sta: Option<&Sta<Self, Locked>>,
        key: &mut mac80211::Key<'_>,
    ) -> Result {
        let cipher = cipher_of(key.cipher()).ok_or(EOPNOTSUPP)?;
        let scope = if key.pairwise() {
            let peer = sta.map(|sta| sta.address()).or_else(|| vif.bss().bssid());
            Scope::Pairwise(peer.ok_or(EINVAL)?)
        } else {
            Scope::Group
        };
        let counter = key.rx_seq(0).unwrap_or(0);
        let material = Key::new(cipher, scope, key.index(), key.bytes(), counter).ok_or(EINVAL)?;

        let mut control = self.control.lock();
        if control.stale {
            // It has numbered frames already, see `recovery`.
            return Ok(());
        }
        if cipher == Cipher::BipCmac {
            self.write(ProtectedManagement(pmf::ENABLED))?;
        }
        let entry = control.keys.take().ok_or(ENOSPC)?;
        let request = AddKey {
            entry,
            key: &material,
        };
        if let Err(error) = self.command(&request) {
            control.keys.release(entry);
            if let CommandError::Confirm(_) = error {
                self.chip.counters.refused_keys.bump();
                let _ = vif.connection_loss();
            }
            return Err(error.into());
        }
        if let Key::WepDefault { id, .. } = material {
            self.suggest(WepDefaultKey(id.into()));
        }
        key.set_hw_index(entry);
        // The firmware fills the space in front of and behind the payload.
        key.set_flags(KeyFlags::PUT_IV_SPACE | KeyFlags::RESERVE_TAILROOM);
        Ok(())
    }

    /// Takes a key from the firmware.
    pub(crate) fn remove_key(&self, key: &mac80211::Key<'_>) -> Result {
        let entry = key.hw_index();
        // Frames on their way were meant for this key, not for its successor.
        self.drain(DRAIN_LIMIT);
        let mut control = self.control.lock();
        if control.keys.release(entry) {
            self.tell(&RemoveKey { entry });
        }
        Ok(())
    }
}
